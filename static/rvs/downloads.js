"use strict";
// While a download is made its page renews itself; without this file its link "Look again" does.

{
  const OPEN = ["queued", "running"];
  const SECONDS = 2;
  const panel = document.getElementById("download-state");

  const renew = async () => {
    // X-Background: the page asks by itself and keeps no session alive.
    const answer = await fetch(location.href, { headers: { "X-Background": "1" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("download-state");
    if (!OPEN.includes(fresh.dataset.state)) {
      location.reload();
      return;
    }
    panel.querySelector("progress").value = fresh.querySelector("progress").value;
    panel.querySelector("label").textContent = fresh.querySelector("label").textContent;
    const status = panel.querySelector("[role=status]");
    const said = fresh.querySelector("[role=status]");
    if (status.textContent !== said.textContent) status.replaceChildren(...said.childNodes);
    later();
  };
  const later = () => setTimeout(() => renew().catch(later), SECONDS * 1000);

  if (OPEN.includes(panel.dataset.state)) later();
}
