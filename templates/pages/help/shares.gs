const SERVER = '{{ base_url }}';
const COLUMNS = ['Shared', 'Applicant reference', 'Family name', 'Given names', 'Date of birth', 'Exam', 'Exam date',
  'Status', 'Result', 'Score', 'CEFR level', 'Reference number'];

function fetchShares() {
  const rows = [];
  let cursor = null;
  do {
    const page = fetchPage(cursor);
    page.items.forEach((share) => rows.push(rowOf(share)));
    cursor = page.next_cursor;
  } while (cursor);
  const book = SpreadsheetApp.getActiveSpreadsheet();
  const sheet = book.getSheetByName('Shared Results') || book.insertSheet('Shared Results');
  sheet.clearContents();
  const range = sheet.getRange(1, 1, rows.length + 1, COLUMNS.length);
  range.setNumberFormat('@');
  range.setValues([COLUMNS, ...rows]);
}

function fetchPage(cursor) {
  const kept = PropertiesService.getScriptProperties();
  const pair = kept.getProperty('CLIENT_ID') + ':' + kept.getProperty('CLIENT_SECRET');
  const more = cursor ? '&cursor=' + encodeURIComponent(cursor) : '';
  const answer = UrlFetchApp.fetch(SERVER + '/api/v1/shares?limit=500' + more, {
    headers: { Authorization: 'Basic ' + Utilities.base64Encode(pair) },
  });
  return JSON.parse(answer.getContentText());
}

function rowOf(share) {
  const { candidate, result } = share;
  return [share.shared_at, share.applicant_reference, candidate.family_name, candidate.given_names,
    candidate.date_of_birth, result.exam.name, result.exam_date, result.status, result.result, result.score,
    result.cefr_level, result.reference_number].map(text);
}

// A name that begins like a formula is text.
function text(value) {
  const written = value === null || value === undefined ? '' : String(value);
  return /^[=+\-@\t\r]/.test(written) ? "'" + written : written;
}
