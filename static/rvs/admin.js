"use strict";
// While the worker is busy with an import, its page looks again by itself.  Without this file people press "Look again".
const INTERVAL = 2000;
const LOOKS = 300; // ten minutes; an open page must not keep a session alive for ever

const lookAgain = async () => {
  const shown = document.getElementById("import-state");
  const answer = await fetch(window.location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("import-state");
  if (!found) return;
  if (!("atWork" in found.dataset)) {
    window.location.reload();
    return;
  }
  const [bar, now] = [shown, found].map((state) => state.querySelector("progress"));
  if (bar && now) bar.value = now.value;
  // Replaced only when its words change, so that a screen reader does not repeat them.
  if (found.textContent !== shown.textContent) shown.replaceChildren(...found.childNodes);
};

const watch = (left) => {
  if (left) setTimeout(() => lookAgain().catch(() => {}).finally(() => watch(left - 1)), INTERVAL);
};
watch(LOOKS);
