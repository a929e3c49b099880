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

const details = document.getElementById("desk-details");
if (details) watchDetails(details);

// Details of a victim: counts down, warns, and takes them off the screen when the time is over or they are withdrawn.
function watchDetails(clock) {
  const values = document.getElementById("desk-values");
  const left = clock.querySelector("[data-left]");
  const warn = clock.querySelector("[data-warn]");
  const print = clock.querySelector("[data-print]");
  let ends = Date.now() + Number(clock.dataset.seconds) * 1000;
  let gone = false;

  const countdown = clock.querySelector("[data-countdown]");
  if (countdown) countdown.hidden = false;
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  function hide() {
    if (gone) return;
    gone = true;
    values.replaceChildren();
    location.replace(clock.dataset.then);
  }

  function tick() {
    const rest = Math.ceil((ends - Date.now()) / 1000);
    if (rest <= 0) return hide();
    if (left) left.textContent = rest > 60 ? `${Math.ceil(rest / 60)} minutes` : `${rest} ${rest === 1 ? "second" : "seconds"}`;
    if (warn && rest <= Number(clock.dataset.warning)) warn.hidden = false;
  }

  async function ask() {
    try {
      const answer = await fetch(clock.dataset.still, { redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") return hide();
      if (!answer.ok) return answer.status < 500 ? hide() : undefined;
      const told = await answer.json();
      if (!told.shown) hide();
    } catch {
      // The desk cannot be asked: the clock here goes on.
    }
  }

  tick();
  setInterval(tick, 500);
  setInterval(ask, 3000);
  // Somebody went back to a page that the browser had kept.
  window.addEventListener("pageshow", (event) => event.persisted && hide());
}

for (const button of document.querySelectorAll("[data-desk-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
