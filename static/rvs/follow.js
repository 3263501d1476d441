"use strict";
// While something on a page is about to be done, the page looks again by itself and shows it when it is;
// without this file its link "Look again" does.

{
  const SECONDS = 1.5;
  const MOST = 40;
  const panel = document.querySelector("[data-follow]");
  let looks = 0;

  const look = async () => {
    // X-Background: the page asks by itself and keeps no session alive.
    const answer = await fetch(location.href, { headers: { "X-Background": "1" }, cache: "no-store" });
    if (answer.redirected) return;
    if (!answer.ok) {
      later();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.getElementById(panel.id).dataset.follow === "over") location.reload();
    else later();
  };
  const later = () => {
    looks += 1;
    if (looks <= MOST) setTimeout(() => look().catch(later), SECONDS * 1000);
  };

  if (panel.dataset.follow === "open") later();
}
