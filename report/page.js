"use strict";
// Everything on the page is readable without this script: it adds copying, filtering, a read-out and zoom.
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

  const section = document.getElementById("timeline");
  if (!section) return;
  const data = JSON.parse(document.getElementById("bins").textContent);
  const tracks = section.querySelector(".tracks");
  const overlay = section.querySelector(".overlay");
  const cursor = section.querySelector(".cursor");
  const chosen = section.querySelector(".chosen");
  const readout = section.querySelector(".readout");
  const shapes = [...tracks.querySelectorAll("svg")];
  const placed = [...tracks.querySelectorAll("[data-x]")];
  const ticks = [...tracks.querySelectorAll(".tick")];
  section.querySelector(".buttons").hidden = false;

  let from = 0, to = 100; // what is shown, in percent of the run
  const show = (a, b) => {
    const least = 100 / 400;
    if (b - a < least) { const middle = (a + b) / 2; a = middle - least / 2; b = middle + least / 2; }
    from = Math.max(0, a); to = Math.min(100, b);
    const span = to - from;
    for (const svg of shapes) {
      const height = svg.viewBox.baseVal.height;
      svg.setAttribute("viewBox", `${from * 10} 0 ${span * 10} ${height}`);
    }
    for (const e of placed) {
      if (e.classList.contains("tick")) continue;
      e.style.left = `${(e.dataset.x - from) / span * 100}%`;
      if (e.dataset.w) e.style.width = `${e.dataset.w / span * 100}%`;
    }
    drawTicks(span);
  };
  const axis = tracks.querySelector(".axis .plot");
  const drawTicks = (span) => {
    const whole = span > 99.99;
    axis.querySelectorAll(".fine").forEach((e) => e.remove());
    for (const tick of ticks) tick.hidden = !whole;
    if (whole) return;
    const seconds = data.end * span / 100;
    let step = 10 ** Math.floor(Math.log10(seconds / 8));
    for (const k of [1, 2, 5, 10]) if (seconds / (step * k) <= 10) { step *= k; break; }
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (let t = Math.ceil(data.end * from / 100 / step) * step; t <= data.end * to / 100; t += step) {
      const tick = document.createElement("span");
      tick.className = "tick fine";
      tick.textContent = `${t.toFixed(digits)} s`;
      tick.style.left = `${(t / data.end * 100 - from) / span * 100}%`;
      tick.style.transform = "translateX(-50%)";
      axis.append(tick);
    }
  };
  const zoom = (k, at = (from + to) / 2) => show(at - (at - from) * k, at + (to - at) * k);
  section.querySelector(".buttons").addEventListener("click", (event) => {
    const mark = overlay.querySelector(".violated");
    switch (event.target.dataset.zoom) {
      case "in": zoom(0.5); break;
      case "out": zoom(2); break;
      case "all": show(0, 100); break;
      case "mark": show(+mark.dataset.x - 4, +mark.dataset.x + 4); break;
    }
  });

  const percentAt = (event) => {
    const box = overlay.getBoundingClientRect();
    return from + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (to - from);
  };
  const place = (percent) => `${(percent - from) / (to - from) * 100}%`;
  let start = null;
  tracks.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || event.clientX < overlay.getBoundingClientRect().left) return;
    start = percentAt(event);
    event.preventDefault();
  });
  addEventListener("pointerup", (event) => {
    if (start === null) return;
    const end = percentAt(event);
    chosen.hidden = true;
    if (Math.abs(end - start) > (to - from) / 100) show(Math.min(start, end), Math.max(start, end));
    start = null;
  });
  tracks.addEventListener("dblclick", () => show(0, 100));
  tracks.addEventListener("pointerleave", () => { cursor.hidden = readout.hidden = true; });
  const ms = (v) => v >= 1000 ? `${(v / 1000).toFixed(2)} s` : v >= 10 ? `${v.toFixed(0)} ms` : v >= 0.1 ? `${v.toFixed(1)} ms` : `${(v * 1000).toFixed(0)} µs`;
  tracks.addEventListener("pointermove", (event) => {
    if (event.clientX < overlay.getBoundingClientRect().left) return;
    const percent = percentAt(event);
    if (start !== null) {
      chosen.hidden = false;
      chosen.style.left = place(Math.min(start, percent));
      chosen.style.width = `${Math.abs(percent - start) / (to - from) * 100}%`;
    }
    cursor.hidden = readout.hidden = false;
    cursor.style.left = place(percent);
    const time = data.end * percent / 100;
    const i = Math.min(data.rate.length - 1, Math.floor(time / data.bin));
    const [ok, fail, info] = data.rate[i].map((n) => n / data.bin);
    const lines = [`${time.toFixed(3)} s`, `ok ${ok.toFixed(0)}/s   info ${info.toFixed(0)}/s   fail ${fail.toFixed(0)}/s`];
    if (data.lat[i].length) {
      const [p50, p95, p99, max] = data.lat[i].map(ms);
      lines.push(`p50 ${p50}   p95 ${p95}`, `p99 ${p99}   max ${max}`);
    }
    const on = data.faults.filter((f) => f.from <= time && time <= f.to).map((f) => f.name);
    if (on.length) lines.push(on.slice(0, 6).join(", "));
    readout.textContent = lines.join("\n");
    const box = readout.getBoundingClientRect();
    readout.style.left = `${Math.min(event.clientX + 16, innerWidth - box.width - 8)}px`;
    readout.style.top = `${Math.min(event.clientY + 16, innerHeight - box.height - 8)}px`;
  });
})();
