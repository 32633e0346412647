// Answers each touch at once: pressed, working, and what became of it.
const BOUNCE_MS = 800;
const SHOWN_MS = 8_000;
const said = document.getElementById("said");
let hiding;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "plain" in form.dataset) return;
  event.preventDefault();
  send(form, event.submitter);
});

document.addEventListener("change", ({ target }) => {
  if (target.type === "range") target.form.requestSubmit();
});

document.addEventListener("input", ({ target }) => {
  if (target.type === "range") shownLevel(target).value = target.value;
});

document.addEventListener("click", (event) => {
  const closes = event.target.closest("[data-closes]");
  if (!closes) return;
  event.preventDefault();
  const question = closes.closest("details");
  question.open = false;
  question.querySelector("summary").focus();
});

async function send(form, button) {
  const slider = form.querySelector("[type=range]");
  if (form.ariaBusy === "true") {
    if (slider) form.again = true; // the finger has moved on; where it stopped is what counts
    return;
  }
  form.ariaBusy = "true";
  tell(said.dataset.working, "working");
  const { ok, why } = await post(form, button);
  tell(why || (ok ? said.dataset.done : said.dataset.failed), ok ? "good" : "bad");
  form.closest("details")?.removeAttribute("open");
  if (!ok && slider) {
    slider.value = slider.getAttribute("value");
    shownLevel(slider).value = slider.value;
  }
  if (!slider) await new Promise((resolve) => setTimeout(resolve, BOUNCE_MS));
  form.ariaBusy = null;
  if (form.again) {
    form.again = false;
    form.requestSubmit();
  }
}

async function post(form, button) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams(new FormData(form, button)),
    });
    return await answer.json();
  } catch {
    return { ok: false, why: "" };
  }
}

function tell(text, kind) {
  clearTimeout(hiding);
  said.textContent = text;
  said.dataset.kind = kind;
  hiding = setTimeout(() => (said.textContent = ""), SHOWN_MS);
}

function shownLevel(slider) {
  return slider.closest(".volume").querySelector("output");
}
