// What makes the pages more comfortable. Everything works without it.
import { initAll as initGovuk } from "./govuk-frontend.min.js";
import { initAll as initMoj } from "./moj-frontend.min.js";

initGovuk();
initMoj();

const dialog = document.getElementById("desk-timeout");
if (dialog) watchSession(dialog);

// Warns before the session ends; keeps what was typed; leaves the page when it has ended.
function watchSession(dialog) {
  const whole = Number(dialog.dataset.seconds) * 1000;
  const warning = Number(dialog.dataset.warning) * 1000;
  const csrf = dialog.querySelector("input[name=csrf]").value;
  const left = dialog.querySelector("[data-left]");
  let ends = Date.now() + whole;

  dialog.querySelector("[data-stay]").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch("/stay", { method: "POST", body: new URLSearchParams({ csrf }) });
      if (!answer.ok || answer.redirected) return leave();
      ends = Date.now() + whole;
      dialog.close();
    } catch {
      dialog.close();
    }
  });

  setInterval(() => {
    const rest = ends - Date.now();
    if (rest <= 0) return leave();
    if (rest <= warning && !dialog.open) dialog.showModal();
    const minutes = Math.ceil(rest / 60000);
    left.textContent = minutes > 1 ? `${minutes} minutes` : "less than a minute";
  }, 1000);

  let leaving = false;
  async function leave() {
    if (leaving) return;
    leaving = true;
    // What is being typed is kept for this person, under the address of the page; nothing is done with it.
    const form = document.querySelector("main form[method=post]:not([enctype])");
    if (form) {
      const typed = new URLSearchParams(new FormData(form));
      typed.set("kept-for", location.pathname);
      await fetch("/keep", { method: "POST", body: typed, redirect: "manual" }).catch(() => {});
    }
    location.replace("/session-ended");
  }
}

for (const button of document.querySelectorAll("[data-desk-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
