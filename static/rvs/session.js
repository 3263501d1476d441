"use strict";
// Warns before the session ends.  After its end the page keeps what was typed: once its owner has logged in again in
// another tab, the forms get a token with which they can be sent.  Nothing typed is stored anywhere.

{
  const dialog = document.getElementById("session-warning");
  const status = document.getElementById("session-status");
  const WARN = 150; // seconds before the end; people need two minutes (WCAG 2.2.1 asks for 20 seconds)
  const { url, person } = dialog.dataset;
  let end = Date.now() + Number(dialog.dataset.seconds) * 1000;
  let state = "";
  let timer;

  const ask = async (method) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    const headers = method === "POST" ? { "X-CSRFToken": token } : { "X-Background": "1" };
    const response = await fetch(url, { method, headers, cache: "no-store" });
    return response.ok ? response.json() : { seconds: 0 };
  };

  const show = (next) => {
    state = next;
    dialog.classList.toggle("covers", next === "ended" || next === "other");
    for (const part of dialog.querySelectorAll("[data-state]")) {
      part.hidden = !part.dataset.state.split(" ").includes(next);
    }
    const title = dialog.querySelector("h2:not([hidden])");
    for (const heading of dialog.querySelectorAll("h2")) heading.removeAttribute("id");
    title.id = "session-warning-title";
    for (const time of dialog.querySelectorAll("[data-time]")) {
      time.textContent = new Date(end).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    }
    if (dialog.open) dialog.close();
    dialog.showModal();
  };

  const apply = ({ seconds, final, person: who, token }) => {
    if (seconds <= 0) return state === "ended" || show("ended");
    if (who !== person) return show("other");
    end = Date.now() + seconds * 1000;
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
    if (seconds > WARN) {
      if (state === "ended") status.textContent = status.dataset.text;
      state = "";
      dialog.close();
    } else if (!state) {
      show(final ? "final" : "warn");
    }
    schedule();
  };

  const check = (method = "GET") => ask(method).then(apply, () => {
    // No network: ask again soon, and say nothing that is not known.
    clearTimeout(timer);
    timer = setTimeout(check, 15000);
  });

  const schedule = () => {
    clearTimeout(timer);
    const left = end - Date.now();
    // A timer may be up to a second early; the server's answer decides.
    timer = setTimeout(check, Math.max(1000, state ? left + 1000 : left - WARN * 1000));
  };

  dialog.querySelector("[data-stay]").addEventListener("click", () => check("POST"));
  dialog.querySelector("[data-check]").addEventListener("click", () => check());
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  // Escape stays logged in where that is possible; what has ended stays closed.
  dialog.addEventListener("cancel", (event) => {
    if (state !== "final") event.preventDefault();
    if (state === "warn") check("POST");
  });
  // Timers sleep in a hidden tab, and another tab may have logged in or out meanwhile.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (state || Date.now() > end - WARN * 1000)) check();
  });
  window.addEventListener("focus", () => state === "ended" && check());
  window.addEventListener("pageshow", (event) => event.persisted && check());
  schedule();
}
