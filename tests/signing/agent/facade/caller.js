// A page of another system, written from the protocol's tables: one WebSocket per call, one text
// frame out, one text frame back, then the page closes. The answer is a JSON string.
function callSigningService(port, route, frame, callback) {
  const socket = new WebSocket("wss://127.0.0.1:" + port + "/" + route);
  socket.onopen = function () { socket.send(frame); };
  socket.onmessage = function (event) { callback(event.data); socket.close(); };
}

document.getElementById("ky").onclick = function () {
  const place = document.getElementById("ket-qua");
  place.textContent = "dang ky";
  callSigningService(
    document.body.dataset.port,
    document.body.dataset.route,
    document.body.dataset.frame,
    function (answer) { place.textContent = answer; }
  );
};
