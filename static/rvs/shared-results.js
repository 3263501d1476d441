"use strict";
// The list works without this file; with it, one tick box ticks a whole page.

for (const form of document.querySelectorAll(".list-form")) {
  const boxes = [...form.querySelectorAll("tbody .tick input")];
  const cell = form.querySelector("thead .tick");
  const all = document.createElement("input");
  const label = document.createElement("label");
  const ticked = form.querySelector("input[value=ticked]");
  const show = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    for (const box of boxes) box.closest("tr").classList.toggle("is-ticked", box.checked);
  };
  all.type = "checkbox";
  all.className = "form-check-input";
  all.setAttribute("aria-label", form.dataset.tickAll);
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    if (ticked) ticked.checked = true;
    show();
  });
  for (const box of boxes) {
    box.addEventListener("change", () => {
      if (ticked) ticked.checked = true;
      show();
    });
  }
  label.className = "tick-target";
  label.append(all);
  cell.replaceChildren(label);
  show(); // the browser may have kept ticks from before
}
