// The time line: zoom, a read-out, a point for each call, and, where the window is short enough, a bar for each call.
(() => {
  const section = document.getElementById("timeline");
  if (!section) return;
  const data = JSON.parse(document.getElementById("bins").textContent);
  const tracks = section.querySelector(".tracks");
  const overlay = section.querySelector(".overlay");
  const cursor = section.querySelector(".cursor");
  const chosen = section.querySelector(".chosen");
  const readout = section.querySelector(".readout");
  const events = section.querySelector(".events");
  const hint = section.querySelector(".hint");
  const canvas = section.querySelector(".scatter");
  const clients = section.querySelector(".clients");
  const shapes = [...tracks.querySelectorAll("svg")];
  const placed = [...tracks.querySelectorAll("[data-x]:not(.tick)")];
  const ticks = [...tracks.querySelectorAll(".tick")];
  section.querySelector(".buttons").hidden = false;

  const singleSeconds = 2; // a window up to this long shows each call as a bar,
  const singleCalls = 120; // and so does any window with no more calls than this
  const mostBars = 3000;
  const least = Math.min(1, 1e-3 / data.end); // the shortest window, as a share of the run

  const calls = readCalls(document.getElementById("chart"));
  let hidden = new Set(); // names of calls that the scatter leaves out
  let from = 0, to = 1; // what is shown, as a share of the run

  function readCalls(element) {
    if (!element) return [];
    const c = JSON.parse(element.textContent);
    const kinds = {o: "ok", f: "fail", i: "info"};
    let op = 0, at = 0;
    const all = c.op.map((step, i) => {
      op += step; at += c.from[i];
      return {op, done: c.done[i] ? op + c.done[i] : -1, from: at / 1e6, took: c.took[i] < 0 ? Infinity : c.took[i] / 1e6,
        process: c.process[i], call: c.call[i], f: c.calls[c.call[i]], key: c.keys[c.key[i]], node: c.nodes[c.node[i]],
        kind: kinds[c.kind[i]], what: c.what[i], err: c.err[i] || "", marked: c.marked[i] || 0};
    });
    all.names = c.calls;
    all.missing = c.missing;
    return all;
  }
  const words = (c) => [c.f, c.key, c.what].filter(Boolean).join(" ");
  const seconds = (t) => `${t.toFixed(6).replace(/(\.\d{3}\d*?)0+$/, "$1")} s`;
  const duration = (t) => t === Infinity ? "never answered" : t >= 1 ? `${t.toFixed(2)} s` : t >= 1e-3 ? `${(t * 1e3).toPrecision(3)} ms` : `${(t * 1e6).toFixed(0)} µs`;

  // A call that began before the window may reach into it: longest says how far back to look.
  let longest = 0;
  for (const c of calls) if (c.took !== Infinity) longest = Math.max(longest, c.took);
  const firstFrom = (t) => {
    let a = 0, b = calls.length;
    while (a < b) { const m = (a + b) >> 1; calls[m].from < t ? a = m + 1 : b = m; }
    return a;
  };
  const open = calls.filter((c) => c.took === Infinity);
  const visible = () => {
    const t0 = from * data.end, t1 = to * data.end, found = [];
    for (const c of open) if (c.from < t0 - longest) found.push(c);
    for (let i = firstFrom(t0 - longest); i < calls.length && calls[i].from <= t1; i++) {
      if (calls[i].from + calls[i].took >= t0) found.push(calls[i]);
    }
    return found;
  };

  // draw is called at most once a frame, however fast the window moves.
  let waiting = false;
  const show = (a, b) => {
    let span = Math.max(least, Math.min(1, b - a));
    if (b - a < span) a = (a + b - span) / 2;
    from = Math.min(Math.max(0, a), 1 - span);
    to = from + span;
    if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); }
    place();
  };
  const place = () => {
    const span = to - from;
    for (const svg of shapes) svg.setAttribute("viewBox", `${from * 1000} 0 ${span * 1000} ${svg.viewBox.baseVal.height}`);
    for (const e of placed) {
      const left = (e.dataset.x / 100 - from) / span;
      e.style.left = `${left * 100}%`;
      if (!e.dataset.w) continue;
      const width = e.dataset.w / 100 / span;
      e.style.width = `${width * 100}%`;
      e.firstElementChild.style.marginLeft = left < 0 && left + width > 0 ? `${-left / width * 100}%` : ""; // pinned while its bar scrolls
    }
    drawTicks(span);
  };
  const draw = () => { drawPoints(); drawBars(); };

  const axis = tracks.querySelector(".axis .plot");
  const drawTicks = (span) => {
    const whole = span > 0.9999;
    axis.querySelectorAll(".fine").forEach((e) => e.remove());
    for (const tick of ticks) tick.hidden = !whole;
    if (whole) return;
    const length = data.end * span;
    let step = 10 ** Math.floor(Math.log10(length / 8));
    for (const k of [1, 2, 5, 10]) if (length / (step * k) <= 8) { step *= k; break; }
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (let n = Math.ceil(data.end * from / step); n * step <= data.end * to; n++) {
      const tick = document.createElement("span");
      tick.className = "tick fine";
      tick.textContent = `${(n * step).toFixed(digits)} s`;
      tick.style.left = `${(n * step / data.end - from) / span * 100}%`;
      axis.append(tick);
    }
  };

  // The scatter: the shape says which call, colour and filling how it ended. Each kind of point is drawn once and then copied,
  // at most once a pixel, which keeps 20,000 of them quick.
  const outlines = [
    (g, m, r) => g.arc(m, m, r, 0, 7),
    (g, m, r) => g.rect(m - r, m - r, 2 * r, 2 * r),
    (g, m, r) => { g.moveTo(m, m - r * 1.2); g.lineTo(m + r * 1.2, m + r); g.lineTo(m - r * 1.2, m + r); g.closePath(); },
    (g, m, r) => { g.moveTo(m, m - r * 1.4); g.lineTo(m + r * 1.4, m); g.lineTo(m, m + r * 1.4); g.lineTo(m - r * 1.4, m); g.closePath(); },
  ];
  const pointSize = 10;
  const point = (kind, shape, scale, style) => {
    const image = document.createElement("canvas"), r = calls.length > 5000 ? 1.7 : 2.3, m = pointSize / 2;
    image.width = image.height = pointSize * scale;
    const g = image.getContext("2d");
    g.scale(scale, scale);
    g.fillStyle = g.strokeStyle = style.getPropertyValue(`--${kind}-ink`);
    g.lineWidth = 1.3;
    if (kind === "ok") g.globalAlpha = 0.6;
    g.beginPath();
    if (kind === "fail") { g.moveTo(m - 2.5, m - 2.5); g.lineTo(m + 2.5, m + 2.5); g.moveTo(m + 2.5, m - 2.5); g.lineTo(m - 2.5, m + 2.5); } else outlines[shape](g, m, r);
    kind === "ok" ? g.fill() : g.stroke();
    return image;
  };
  const height = 130;
  const latencyY = (took) => height * (1 - (Math.log10(Math.max(1, took * 1e9)) - data.low) / (data.high - data.low));
  let points = []; // what the scatter shows: [x, y, call]
  const drawPoints = () => {
    if (!calls.length) return;
    const box = canvas.parentElement.getBoundingClientRect(), scale = devicePixelRatio || 1;
    canvas.hidden = false;
    canvas.width = box.width * scale; canvas.height = height * scale;
    const g = canvas.getContext("2d"), style = getComputedStyle(section);
    g.scale(scale, scale);
    points = [];
    const t0 = from * data.end, t1 = to * data.end;
    const images = new Map(), taken = new Uint8Array(Math.ceil(box.width + 1) * (height + 1));
    for (let i = firstFrom(t0); i < calls.length && calls[i].from <= t1; i++) {
      const c = calls[i];
      if (c.took === Infinity || hidden.has(c.call)) continue;
      const x = (c.from - t0) / (t1 - t0) * box.width, y = latencyY(c.took);
      points.push([x, y, c]);
      const shape = c.call % outlines.length, bit = 1 << (c.kind === "ok" ? shape : c.kind === "info" ? 4 : 5);
      const pixel = Math.round(y) * Math.ceil(box.width) + Math.round(x);
      if (taken[pixel] & bit) continue;
      taken[pixel] |= bit;
      const name = c.kind + shape;
      if (!images.has(name)) images.set(name, point(c.kind, shape, scale, style));
      g.drawImage(images.get(name), Math.round(x) - pointSize / 2, Math.round(y) - pointSize / 2, pointSize, pointSize);
    }
    g.strokeStyle = style.getPropertyValue("--bad"); g.lineWidth = 2;
    for (const [x, y, c] of points) if (c.marked) { g.beginPath(); g.arc(x, y, 6, 0, 7); g.stroke(); }
  };
  const legend = section.querySelector(".shapes");
  if (calls.length && calls.names.length <= 8) {
    legend.hidden = false;
    calls.names.forEach((name, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${"●■▲◆"[i % 4]} ${name}`;
      button.setAttribute("aria-pressed", "true");
      button.title = `show or hide the points of ${name}`;
      button.addEventListener("click", () => {
        hidden.has(i) ? hidden.delete(i) : hidden.add(i);
        button.setAttribute("aria-pressed", String(!hidden.has(i)));
        drawPoints();
      });
      legend.append(button);
    });
  }

  // The bars: a lane for each client that has a call in the window.
  const drawBars = () => {
    if (!calls.length) return;
    const span = to - from, length = span * data.end;
    const shown = length <= singleSeconds || calls.length <= singleCalls ? visible() : [];
    const close = shown.length > 0 && shown.length <= mostBars;
    clients.hidden = !close;
    hint.hidden = false;
    hint.textContent = close ? `each bar is a call, from invocation to completion; choose one for its events` :
      length > singleSeconds ? `zoom to ${singleSeconds} s or less to see each call: drag over the time line, or press + ` : "";
    if (calls.missing) hint.textContent += ` (${calls.missing} calls of this run are not in this page)`;
    clients.replaceChildren();
    if (!close) return;
    const lanes = new Map();
    for (const c of shown.toSorted((a, b) => a.process - b.process || a.from - b.from)) {
      if (!lanes.has(c.process)) lanes.set(c.process, []);
      lanes.get(c.process).push(c);
    }
    clients.append(Object.assign(document.createElement("p"), {className: "caption", textContent: "clients"}));
    for (const [process, list] of lanes) {
      const track = document.createElement("div"), label = document.createElement("div"), plot = document.createElement("div");
      track.className = "track lane client"; label.className = "label"; plot.className = "plot";
      label.textContent = `p${process}`;
      for (const c of list) plot.append(bar(c, span));
      track.append(label, plot);
      clients.append(track);
    }
  };
  const bar = (c, span) => {
    const left = (c.from / data.end - from) / span, width = Math.min(c.took / data.end / span, 1.02 - left);
    const e = document.createElement("button");
    e.type = "button";
    e.className = `call ${c.kind}${c.took === Infinity ? " open" : ""}${c.marked ? " witness" : ""}`;
    e.style.left = `${left * 100}%`;
    e.style.width = `max(3px, ${width * 100}%)`;
    const text = document.createElement("span");
    text.textContent = (c.marked ? "✕ " : "") + words(c);
    if (left < 0) text.style.marginLeft = `${-left / width * 100}%`;
    e.append(text);
    e.setAttribute("aria-label", `process ${c.process}, ${words(c)}, ${c.kind}, at ${seconds(c.from)}, ${duration(c.took)}${c.marked ? ", part of the violation" : ""}`);
    e.call = c;
    e.addEventListener("click", () => tell(c));
    return e;
  };

  // tell writes the history events of a call below the chart.
  const tell = (c) => {
    const row = (...cells) => {
      const tr = document.createElement("tr");
      for (const cell of cells) tr.append(Object.assign(document.createElement("td"), {textContent: cell}));
      return tr;
    };
    const table = document.createElement("table");
    table.append(row(`#${c.op}`, seconds(c.from), `p${c.process}`, "invoke", words(c).replace(/ ?→.*/, ""), c.node, ""));
    if (c.done >= 0) table.append(row(`#${c.done}`, seconds(c.from + c.took), `p${c.process}`, c.kind, words(c), c.node, c.err));
    const head = document.createElement("p");
    head.textContent = `${words(c)}: ${c.kind}, ${duration(c.took)}${c.marked ? ", part of the violation" : ""}`;
    events.replaceChildren(head, table);
    events.hidden = false;
  };

  const zoom = (k, at = (from + to) / 2) => show(at - (at - from) * k, at + (to - at) * k);
  const move = (k) => { const d = (to - from) * k; show(from + d, to + d); };
  const toMark = (i = 0) => {
    const half = Math.min(0.5, singleSeconds / 2 / data.end), at = data.marks[i] / data.end;
    show(at - half, at + half);
  };
  const toCalls = () => {
    const middle = calls.length ? calls[calls.length >> 1].from / data.end : 0.5, half = Math.min(0.5, singleSeconds / 2 / data.end);
    show(middle - half, middle + half);
  };
  const acts = {in: () => zoom(0.5), out: () => zoom(2), left: () => move(-0.5), right: () => move(0.5), all: () => show(0, 1), mark: () => toMark(), calls: toCalls};
  section.querySelector(".buttons").addEventListener("click", (event) => acts[event.target.dataset.zoom]?.());
  const keys = {"+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "all", Home: "all", c: "calls"};
  if (data.marks?.length) keys.v = "mark";
  tracks.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[act]();
  });
  tracks.addEventListener("wheel", (event) => {
    if (event.ctrlKey) { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8, shareAt(event)); return; }
    if (Math.abs(event.deltaX) <= Math.abs(event.deltaY) || to - from > 0.9999) return;
    event.preventDefault();
    move(event.deltaX / overlay.clientWidth);
  }, {passive: false});

  const shareAt = (event) => {
    const box = overlay.getBoundingClientRect();
    return from + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (to - from);
  };
  const position = (share) => `${(share - from) / (to - from) * 100}%`;
  let start = null;
  tracks.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || event.target.closest("button") || event.clientX < overlay.getBoundingClientRect().left) return;
    start = shareAt(event);
    tracks.focus({preventScroll: true});
    event.preventDefault();
  });
  addEventListener("pointerup", (event) => {
    if (start === null) return;
    const end = shareAt(event);
    chosen.hidden = true;
    if (Math.abs(end - start) > (to - from) / 100) show(Math.min(start, end), Math.max(start, end));
    else { const c = nearest(event); if (c) tell(c); }
    start = null;
  });
  tracks.addEventListener("dblclick", (event) => { if (!event.target.closest("button")) show(0, 1); });
  tracks.addEventListener("pointerleave", () => { cursor.hidden = readout.hidden = true; });

  // nearest is the call whose point is within a few pixels of the pointer.
  const nearest = (event) => {
    if (canvas.hidden) return null;
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    if (y < -8 || y > box.height + 8) return null;
    let best = null, far = 64;
    for (const [px, py, c] of points) {
      const d = (px - x) ** 2 + (py - y) ** 2;
      if (d < far) { far = d; best = c; }
    }
    return best;
  };
  const about = (c) => [words(c), `${c.kind}, ${duration(c.took)}`, `#${c.op}  p${c.process}  ${c.node}`, `${seconds(c.from)}`, c.err].filter(Boolean);
  const ms = (v) => duration(v / 1e3);
  tracks.addEventListener("pointermove", (event) => {
    if (event.clientX < overlay.getBoundingClientRect().left) return;
    const share = shareAt(event);
    if (start !== null) {
      chosen.hidden = false;
      chosen.style.left = position(Math.min(start, share));
      chosen.style.width = `${Math.abs(share - start) / (to - from) * 100}%`;
    }
    cursor.hidden = readout.hidden = false;
    cursor.style.left = position(share);
    const call = event.target.closest?.(".call")?.call || nearest(event);
    readout.textContent = (call ? about(call) : summary(data.end * share)).join("\n");
    const box = readout.getBoundingClientRect();
    readout.style.left = `${Math.max(8, Math.min(event.clientX + 16, innerWidth - box.width - 8))}px`;
    readout.style.top = `${Math.min(event.clientY + 16, innerHeight - box.height - 8)}px`;
  });
  const summary = (time) => {
    const i = Math.min(data.rate.length - 1, Math.floor(time / data.bin));
    const [ok, fail, info] = data.rate[i].map((n) => n / data.bin);
    const lines = [`${time.toFixed(3)} s`, `ok ${ok.toFixed(0)}/s   info ${info.toFixed(0)}/s   fail ${fail.toFixed(0)}/s`];
    if (data.lat[i].length) {
      const [p50, p95, p99, max] = data.lat[i].map(ms);
      lines.push(`p50 ${p50}   p95 ${p95}`, `p99 ${p99}   max ${max}`);
    }
    const on = data.faults.filter((f) => f.from <= time && time <= f.to).map((f) => f.name);
    if (on.length) lines.push(on.slice(0, 6).join(", "));
    return lines;
  };
  addEventListener("resize", () => requestAnimationFrame(draw));
  draw();
})();
