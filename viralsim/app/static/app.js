"use strict";
// The cascade player. Python hands over one cascade as data; playing it needs no server.
window.viralsimCascade = (function () {
  var dark = matchMedia("(prefers-color-scheme: dark)");
  var data = null, step = 0, last = 0, timer = null, waiting = null;
  function at(id) { return document.getElementById(id); }
  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  function draw() {
    var canvas = at("cascade-canvas");
    if (!canvas || !data) return;
    var ink = canvas.getContext("2d"), w = canvas.width, h = canvas.height, i;
    var sx = 0.47 * w, sy = 0.45 * h;
    function x(p) { return w / 2 + data.x[p] * sx; }
    function y(p) { return h / 2 - data.y[p] * sy; }
    ink.clearRect(0, 0, w, h);
    ink.strokeStyle = colour("--edge");
    ink.globalAlpha = 0.22;
    ink.lineWidth = 1;
    ink.beginPath();
    for (i = 0; i < data.ties.length; i += 2) {
      ink.moveTo(x(data.ties[i]), y(data.ties[i]));
      ink.lineTo(x(data.ties[i + 1]), y(data.ties[i + 1]));
    }
    ink.stroke();
    ink.globalAlpha = 1;
    var palette = dark.matches ? data.colours_dark : data.colours;
    function shade(k) { return palette[Math.min(k, palette.length - 1)]; }
    function tint(i) { return data.shade ? data.shade[i] : data.step[i]; }
    function saw(p) { return data.seen && data.seen[p] >= 0 && data.seen[p] <= step; }
    var sharing = {}, count = 0, fresh = 0;
    for (i = 0; i < data.person.length; i++) {
      if (data.step[i] > step) continue;
      sharing[data.person[i]] = i;
      count += 1;
      if (data.step[i] === step) fresh += 1;
    }
    ink.lineWidth = 3;
    for (i = 0; i < data.person.length; i++) {
      if (data.step[i] > step || data.parent[i] < 0) continue;
      ink.strokeStyle = shade(tint(i));
      ink.beginPath();
      ink.moveTo(x(data.parent[i]), y(data.parent[i]));
      ink.lineTo(x(data.person[i]), y(data.person[i]));
      ink.stroke();
    }
    function dot(p) {
      var r = 3.2 + 1.15 * Math.sqrt(data.size[p]), who = sharing[p];
      if (who !== undefined) r = Math.max(r, 6) + 2;
      ink.beginPath();
      ink.arc(x(p), y(p), r, 0, 6.2832);
      if (who === undefined) {
        ink.fillStyle = colour(saw(p) ? "--seen" : "--paper");
        ink.strokeStyle = colour(saw(p) ? "--ink" : "--edge");
        ink.lineWidth = 1.2;
      } else {
        var now = data.step[who] === step && step > 0;
        ink.fillStyle = shade(tint(who));
        ink.strokeStyle = colour(now ? "--ink" : "--paper");
        ink.lineWidth = now ? 2.5 : 1;
      }
      ink.fill();
      ink.stroke();
    }
    var p;
    for (p = 0; p < data.x.length; p++) if (sharing[p] === undefined) dot(p);
    for (p = 0; p < data.x.length; p++) if (sharing[p] !== undefined) dot(p); // never hidden by others
    var clock = at("cascade-clock");
    if (clock) {
      clock.textContent = data.clock ? hours(count, fresh) : steps(count, fresh);
    }
    var play = at("cascade-play");
    if (play) play.textContent = timer ? "Pause" : "Play";
    ["cascade-step", "cascade-play"].forEach(function (id) {
      var b = at(id);
      if (b) b.setAttribute("aria-disabled", String(step >= last && !timer));
    });
  }
  function steps(count, fresh) {
    var end = step >= last ? (fresh && step < last ? "" : " It ends here.") : "";
    return "Step " + step + ": " + count + " of " + data.x.length + " people share" +
      (step > 0 ? " (" + fresh + " new)" : "") + "." + end;
  }
  function hours(count, fresh) {
    var noticed = data.seen.filter(function (s) { return s >= 0 && s <= step; }).length;
    return data.clock[step] + " (step " + step + " of " + last + "): " + noticed + " of " + data.x.length +
      " people drawn noticed it, " + count + " share" + (fresh && step > 0 ? " (" + fresh + " new)" : "") + "." +
      (step >= last ? " Nothing more happens to them." : "");
  }
  function pause() { if (timer) clearTimeout(timer); timer = null; }
  function forward() {
    if (!data || step >= last) { pause(); draw(); return false; }
    step += 1;
    if (step >= last) pause();
    draw();
    return step < last;
  }
  function tick() {
    timer = setTimeout(function () { if (forward()) tick(); }, 900 / Number((at("cascade-speed") || {}).value || 1));
  }
  function act(what) {
    if (!data) return;
    if (what === "step") { pause(); forward(); }
    if (what === "reset") { pause(); step = 0; draw(); }
    if (what === "play") {
      if (timer) { pause(); draw(); return; }
      if (step >= last) step = 0;
      tick();
      draw();
    }
  }
  document.addEventListener("click", function (event) {
    var b = event.target.closest && event.target.closest("[data-cascade]");
    if (b) act(b.getAttribute("data-cascade"));
  });
  document.addEventListener("keydown", function (event) {
    if (!event.target.matches || !event.target.matches("#cascade-canvas")) return;
    var what = { ArrowRight: "step", " ": "play", Home: "reset" }[event.key];
    if (what) { event.preventDefault(); act(what); }
  });
  dark.addEventListener("change", draw);
  return {
    load: function (next) {
      pause();
      data = next;
      step = 0;
      last = data.last !== undefined ? data.last : data.step.length ? Math.max.apply(null, data.step) : 0;
      if (waiting) clearTimeout(waiting);
      (function ready(tries) {
        if (at("cascade-canvas")) draw(); else if (tries) waiting = setTimeout(function () { ready(tries - 1); }, 50);
      })(40);
    }
  };
})();
