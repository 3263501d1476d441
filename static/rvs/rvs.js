"use strict";
// Every page works without this file; it only makes two things more convenient.

// A button that shows the password that was typed.
for (const input of document.querySelectorAll("input[type=password]")) {
  const label = document.querySelector(`label[for="${input.id}"]`);
  const words = document.body.dataset;
  const button = document.createElement("button");
  const box = document.createElement("div");
  button.type = "button";
  button.className = "btn btn-outline-primary";
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? words.hide : words.show;
    button.setAttribute("aria-label", `${button.textContent}: ${label ? label.textContent.trim() : ""}`);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // Never leave a readable password behind, for the browser might offer to remember the text.
  input.form?.addEventListener("submit", () => show(false));
  box.className = "password-control";
  input.replaceWith(box);
  box.append(input, button);
  show(false);
}

// Menus close on Escape and on a click elsewhere.
for (const menu of document.querySelectorAll(".user-menu, .download-menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
