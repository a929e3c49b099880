// Shows a part of a form only with the answer that it belongs to: `data-shown-with="kind=course-completed"`.
// Without scripts the part is there always, and says itself when to fill it in.
for (const part of document.querySelectorAll("[data-shown-with]")) {
  const [name, value] = part.dataset.shownWith.split("=");
  const answers = document.querySelectorAll(`input[name="${name}"]`);
  const show = () => {
    part.hidden = ![...answers].some((answer) => answer.checked && answer.value === value);
  };
  for (const answer of answers) answer.addEventListener("change", show);
  show();
}
