"use strict";
// Asks the browser for a passkey and sends its answer.  webauthn-json.js (allauth's) translates between the browser's
// buffers and text.  A form says what it wants: data-passkey="get" or "create", data-options or data-options-url.

const answer = async (form) => {
  let options = form.dataset.options && JSON.parse(form.dataset.options);
  if (!options) {
    const response = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error("no challenge");
    options = (await response.json()).request_options;
  }
  return form.dataset.passkey === "create" ? webauthnJSON.create(options) : webauthnJSON.get(options);
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const message = form.querySelector("[data-passkey-message]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    message.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await answer(form));
      form.submit();
    } catch {
      message.hidden = false; // cancelled, timed out, or no passkey here
    }
  });
}
