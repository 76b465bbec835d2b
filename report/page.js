"use strict";
// Everything on the page is readable without a script. This one adds copying, filtering and the place in the contents.
(() => {
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(button.previousElementSibling);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        return;
      }
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
  }

  const filter = document.getElementById("filter");
  if (filter) {
    filter.closest(".filter").hidden = false;
    const rows = [...document.querySelectorAll("#around tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/);
      for (const [row, text] of rows) row.hidden = !words.every((word) => text.includes(word));
    });
    const witness = document.querySelector("#around .witness");
    if (witness) {
      const box = witness.closest(".tall");
      box.scrollTop = witness.offsetTop - box.clientHeight / 3;
    }
  }

  // The table of contents marks the section that is being read.
  const links = new Map([...document.querySelectorAll(".toc a")].map((a) => [document.querySelector(a.getAttribute("href")), a]));
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const e of entries) e.isIntersecting ? seen.add(e.target) : seen.delete(e.target);
    let current = null;
    for (const [target, a] of links) {
      a.removeAttribute("aria-current");
      if (current === null && seen.has(target)) current = a;
    }
    if (current) current.setAttribute("aria-current", "true");
  }, {rootMargin: "-60px 0px -40% 0px"});
  for (const target of links.keys()) watch.observe(target);
})();
