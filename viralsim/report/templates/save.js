(function () {
  "use strict";
  function download(name, url) {
    var link = document.createElement("a");
    link.download = name;
    link.href = url;
    document.body.appendChild(link);
    link.click();
    link.remove();
  }
  function save(button) {
    var name = button.dataset.name;
    var svg = document.querySelector("#" + name + " .drawing svg");
    var text = '<?xml version="1.0" encoding="utf-8"?>\n' + new XMLSerializer().serializeToString(svg);
    var url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    if (button.dataset.save === "svg") {
      download(name + ".svg", url);
      return;
    }
    var box = svg.viewBox.baseVal, image = new Image();
    image.onload = function () {
      var canvas = document.createElement("canvas");
      canvas.width = 1800;
      canvas.height = Math.round((1800 * box.height) / box.width);
      var ink = canvas.getContext("2d");
      ink.fillStyle = "#fff";
      ink.fillRect(0, 0, canvas.width, canvas.height);
      ink.drawImage(image, 0, 0, canvas.width, canvas.height);
      download(name + ".png", canvas.toDataURL("image/png"));
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  }
  document.querySelectorAll("[data-save]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { save(button); });
  });
})();
