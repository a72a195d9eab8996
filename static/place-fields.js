/* Only improves: places are typed in millimetres and work without this file. Dragging a box on the page, or the
   arrow keys on a chosen one (1 mm, with Shift 0.2 mm), writes into the very same fields. */
(function () {
  "use strict";

  document.querySelectorAll("[data-drag-hint]").forEach(function (hint) { hint.hidden = false; });

  function part(name, what) {
    return document.querySelector('[data-spot-fields="' + name + '"] [data-part="' + what + '"]');
  }

  function number(field) { return parseFloat(field.value.replace(",", ".")) || 0; }

  document.querySelectorAll("svg.page-with-spots").forEach(function (page) {
    var size = page.viewBox.baseVal;

    function put(spot, left, top) {
      var box = spot.querySelector("rect");
      left = Math.max(0, Math.min(left, size.width - box.width.baseVal.value));
      top = Math.max(0, Math.min(top, size.height - box.height.baseVal.value));
      left = Math.round(left * 10) / 10;
      top = Math.round(top * 10) / 10;
      box.setAttribute("x", left);
      box.setAttribute("y", top);
      spot.querySelector("text").setAttribute("x", left + 1);
      spot.querySelector("text").setAttribute("y", top + 4);
      part(spot.dataset.spot, "left").value = left;
      part(spot.dataset.spot, "top").value = top;
    }

    function at(event) {
      var point = new DOMPoint(event.clientX, event.clientY);
      return point.matrixTransform(page.getScreenCTM().inverse());
    }

    page.querySelectorAll(".spot").forEach(function (spot) {
      var box = spot.querySelector("rect"), from = null;
      spot.setAttribute("tabindex", "0");
      spot.classList.add("movable");
      spot.addEventListener("pointerdown", function (event) {
        var here = at(event);
        from = { x: here.x - box.x.baseVal.value, y: here.y - box.y.baseVal.value };
        spot.setPointerCapture(event.pointerId);
        event.preventDefault();
        spot.focus();
      });
      spot.addEventListener("pointermove", function (event) {
        if (!from) return;
        var here = at(event);
        put(spot, here.x - from.x, here.y - from.y);
      });
      spot.addEventListener("pointerup", function () { from = null; });
      spot.addEventListener("pointercancel", function () { from = null; });
      spot.addEventListener("keydown", function (event) {
        var ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
        var way = ways[event.key];
        if (!way) return;
        var step = event.shiftKey ? 0.2 : 1;
        put(spot, box.x.baseVal.value + way[0] * step, box.y.baseVal.value + way[1] * step);
        event.preventDefault();
      });
    });

    /* Typed numbers move the box at once. */
    document.querySelectorAll("[data-spot-fields]").forEach(function (fields) {
      var spot = page.querySelector('.spot[data-spot="' + fields.dataset.spotFields + '"]');
      if (!spot) return;
      fields.addEventListener("change", function () {
        var box = spot.querySelector("rect");
        box.setAttribute("width", Math.max(1, number(part(spot.dataset.spot, "width"))));
        box.setAttribute("height", Math.max(1, number(part(spot.dataset.spot, "height"))));
        put(spot, number(part(spot.dataset.spot, "left")), number(part(spot.dataset.spot, "top")));
      });
    });
  });
})();
