"use strict";
// The list of runs: filter, sort, group by finding, and choose two to compare. Without it the page is a plain table.
(() => {
  const table = document.getElementById("runs");
  if (!table) return;
  const body = table.tBodies[0], rows = [...body.rows];
  const filter = document.getElementById("filter"), group = document.getElementById("group"), compare = document.getElementById("compare");
  for (const e of document.querySelectorAll(".scripted")) e.hidden = false;
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase().replace(/\s+/g, " ")]));

  let column = -1, falling = false;
  const value = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const compareRows = (a, b) => {
    const x = value(a), y = value(b);
    const order = x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y, undefined, {numeric: true});
    return falling ? -order : order;
  };
  const arrange = () => {
    body.querySelectorAll(".group").forEach((e) => e.remove());
    const asked = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !asked.every((word) => words.get(row).includes(word));
    const sorted = column < 0 ? [...rows] : [...rows].sort(compareRows);
    if (group.value === "") { body.append(...sorted); count(); return; }
    const groups = new Map();
    for (const row of sorted) {
      const name = row.dataset[group.value] || "none";
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(row);
    }
    for (const [name, members] of groups) {
      const shown = members.filter((row) => !row.hidden).length;
      if (shown > 0) {
        const head = document.createElement("tr"), cell = document.createElement("td");
        head.className = "group";
        cell.colSpan = table.tHead.rows[0].cells.length;
        cell.textContent = `${name}: ${shown} ${shown === 1 ? "run" : "runs"}`;
        head.append(cell);
        body.append(head);
      }
      body.append(...members);
    }
    count();
  };
  const count = () => {
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById("count").textContent = shown === rows.length ? "" : `${shown} of ${rows.length} runs`;
  };
  filter.addEventListener("input", arrange);
  group.addEventListener("change", arrange);
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      falling = column === i ? !falling : false;
      column = i;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      arrange();
    });
  });
  const chosen = () => [...body.querySelectorAll("input[type=checkbox]:checked")];
  const choose = () => { compare.disabled = chosen().length !== 2; };
  body.addEventListener("change", choose);
  choose();
})();
