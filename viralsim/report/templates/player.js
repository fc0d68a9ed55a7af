(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("player-data").textContent);
  var box = document.getElementById("player"), canvas = document.getElementById("player-canvas");
  var ink = canvas.getContext("2d"), slider = document.getElementById("player-time");
  var play = document.getElementById("player-play"), clock = document.getElementById("player-clock");
  var speed = document.getElementById("player-speed"), caption = document.getElementById("player-caption");
  var scene = null, running = false, last = 0, place = 1, moments = [];

  // Time on the slider runs evenly over shares and hours: half of each, so that a first rush can be seen.
  function prepare(next) {
    scene = next;
    moments = scene.hour.slice().sort(function (a, b) { return a - b; });
    place = 1;
    buttons.forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.scene === scene.name)); });
    caption.textContent = scene.caption;
    stop();
    draw();
  }
  function hourAt(part) {
    var end = moments[moments.length - 1], begin = moments[0];
    var rank = moments[Math.min(moments.length - 1, Math.floor(part * moments.length))];
    return part >= 1 ? end : 0.5 * (begin + part * (end - begin)) + 0.5 * rank;
  }
  function draw() {
    var hour = hourAt(place), w = canvas.width, h = canvas.height, size = 0.47 * h;
    function x(i) { return w / 2 + scene.x[i] * size; }
    function y(i) { return h / 2 - scene.y[i] * size; }
    ink.clearRect(0, 0, w, h);
    ink.lineWidth = scene.x.length > 500 ? 0.8 : 1.5;
    ink.strokeStyle = "rgba(91,100,114,.45)";
    ink.beginPath();
    var shown = 0, i, p;
    for (i = 0; i < scene.x.length; i++) {
      p = scene.parent[i];
      if (scene.hour[i] <= hour && p >= 0) { ink.moveTo(x(p), y(p)); ink.lineTo(x(i), y(i)); }
    }
    ink.stroke();
    var dot = Math.max(2.5, Math.min(9, 110 / Math.sqrt(scene.x.length)));
    for (i = 0; i < scene.x.length; i++) {
      if (scene.hour[i] > hour) continue;
      shown += 1;
      ink.fillStyle = data.colours[scene.generation[i]];
      ink.beginPath();
      ink.arc(x(i), y(i), scene.parent[i] < 0 ? dot * 1.35 : dot, 0, 6.2832);
      ink.fill();
    }
    slider.value = Math.round(1000 * place);
    slider.setAttribute("aria-valuetext", hour.toFixed(1) + " hours, " + shown + " people");
    clock.textContent = hour.toFixed(1) + " h · " + shown.toLocaleString("en") + " shared";
  }
  function stop() { running = false; play.textContent = "Play"; }
  function step(now) {
    if (!running) return;
    place = Math.min(1, place + ((now - last) / 9000) * Number(speed.value));
    last = now;
    draw();
    if (place >= 1) stop(); else requestAnimationFrame(step);
  }
  play.addEventListener("click", function () {
    if (running) { stop(); return; }
    if (place >= 1) place = 0;
    running = true;
    play.textContent = "Pause";
    last = performance.now();
    requestAnimationFrame(step);
  });
  document.getElementById("player-reset").addEventListener("click", function () { stop(); place = 0; draw(); });
  slider.addEventListener("input", function () { stop(); place = slider.value / 1000; draw(); });
  var group = document.getElementById("player-scenes");
  var buttons = data.scenes.map(function (s) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = s.label;
    button.dataset.scene = s.name;
    button.addEventListener("click", function () { prepare(s); });
    group.appendChild(button);
    group.appendChild(document.createTextNode(" "));
    return button;
  });
  box.hidden = false;
  document.querySelectorAll(".still").forEach(function (f) { f.classList.add("when-printed"); });
  prepare(data.scenes[data.scenes.length - 1]);
})();
