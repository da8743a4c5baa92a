"use strict";
// Filters show the elements that contain every word of the input.
for (const filter of document.querySelectorAll(".filter")) {
  const target = document.getElementById(filter.dataset.for);
  const input = filter.querySelector("input");
  const output = filter.querySelector("output");
  const items = [...target.querySelectorAll("[data-filter]")];
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of items) {
      const content = (item.dataset.filter + " " + item.textContent).toLowerCase();
      item.hidden = !words.every((word) => content.includes(word));
      count += item.hidden ? 0 : 1;
    }
    output.textContent = words.length ? `${count} of ${items.length}` : "";
  };
  input.addEventListener("input", apply);
  filter.hidden = false;
  apply();
}
// A link into a folded part unfolds it.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();
