"use strict";
// The page works without this file: its buttons send the form.  With it columns move at once, and can be dragged.

for (const list of document.querySelectorAll(".chosen-columns")) {
  const status = document.getElementById("moved");
  const rows = () => [...list.querySelectorAll(".chosen-column")];
  const say = (row) => {
    status.textContent = `${list.dataset.moved.replace("%s", row.dataset.name)} ${rows().indexOf(row) + 1}`;
  };
  let dragged = null;

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=up], button[name=down]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest(".chosen-column");
    const beside = button.name === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (beside) beside[button.name === "up" ? "before" : "after"](row);
    button.focus();
    say(row);
  });

  for (const row of rows()) {
    const handle = row.querySelector(".chosen-name");
    handle.draggable = true;
    handle.addEventListener("dragstart", (event) => {
      dragged = row;
      row.classList.add("is-dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", ""); // some browsers drag nothing without it
    });
    handle.addEventListener("dragend", () => {
      row.classList.remove("is-dragged");
      if (dragged) say(dragged);
      dragged = null;
    });
    row.addEventListener("dragover", (event) => {
      if (!dragged || dragged === row) return;
      event.preventDefault();
      const middle = row.getBoundingClientRect().top + row.offsetHeight / 2;
      row[event.clientY < middle ? "before" : "after"](dragged);
    });
    row.addEventListener("drop", (event) => event.preventDefault());
  }
}
