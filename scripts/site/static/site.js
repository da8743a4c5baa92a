"use strict";
// What scrolls can be reached by keyboard.
const focusable = () => {
  for (const one of document.querySelectorAll("article pre, .table-wrapper, figure.how")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
};
// The menus of a narrow window open by labels, which need no script, and which the keyboard does not reach.
const buttons = () => {
  for (const label of document.querySelectorAll(".nav-overlay-icon, .toc-overlay-icon")) {
    const button = document.createElement("button");
    const box = document.getElementById(label.htmlFor);
    button.type = "button";
    button.className = label.className;
    button.ariaLabel = label.htmlFor === "__navigation" ? "Pages" : "On this page";
    button.append(...label.childNodes);
    button.addEventListener("click", () => box.click());
    box.addEventListener("change", () => { button.ariaExpanded = box.checked; });
    button.ariaExpanded = box.checked;
    label.replaceWith(button);
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const box of document.querySelectorAll(".sidebar-toggle:checked")) box.click();
  });
};
addEventListener("DOMContentLoaded", () => { buttons(); focusable(); });
addEventListener("resize", focusable);
// The search has the input of the last one.
addEventListener("DOMContentLoaded", () => {
  const input = document.querySelector(".search-form input");
  if (input) input.value = new URLSearchParams(location.search).get("q") ?? "";
});
