/* Only improves: every page works without this file. */
(function () {
  "use strict";

  /* The chosen rows: one box for all, and their number in words beside the acts. */
  document.querySelectorAll("form[data-selection]").forEach(function (form) {
    var boxes = Array.from(form.querySelectorAll("tbody input[type=checkbox]"));
    var state = form.querySelector("[data-chosen]");
    var head = form.querySelector("th[data-tick]");
    if (!boxes.length) return;

    var all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", "Chọn tất cả các dòng trên trang này");
    if (head) head.replaceChildren(all);

    function show() {
      var chosen = boxes.filter(function (box) { return box.checked; }).length;
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
      if (state) {
        state.textContent = chosen
          ? "Đã chọn " + chosen + " / " + boxes.length + " dòng trên trang này:"
          : "Chưa chọn dòng nào. Đánh dấu dòng, rồi chọn việc:";
      }
    }
    all.addEventListener("change", function () {
      boxes.forEach(function (box) { box.checked = all.checked; });
      show();
    });
    form.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
  });

  /* A click anywhere in a row opens it; selecting text or using a control inside does not. */
  document.querySelectorAll("tr[data-row]").forEach(function (row) {
    row.addEventListener("click", function (event) {
      if (event.target.closest("a, button, input, label, select, summary, .tick")) return;
      if (String(window.getSelection())) return;
      var link = row.querySelector("a.row-link");
      if (!link) return;
      if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
      else link.click();
    });
  });

  /* The browser's own file field speaks the browser's language; ours speaks Vietnamese. */
  document.querySelectorAll("input[type=file].input").forEach(function (input) {
    var label = document.createElement("label");
    var button = document.createElement("span");
    var chosen = document.createElement("span");
    label.className = "input file-pick";
    button.className = "button";
    button.textContent = input.multiple ? "Chọn các tệp" : "Chọn tệp";
    chosen.className = "chosen";
    function show() {
      var names = Array.from(input.files).map(function (file) { return file.name; });
      chosen.textContent = names.length > 3 ? "Đã chọn " + names.length + " tệp" : names.join(", ") || "Chưa chọn tệp";
    }
    input.before(label);
    label.append(input, button, chosen);
    input.className = "unseen";
    input.addEventListener("change", show);
    label.addEventListener("dragover", function (event) { event.preventDefault(); });
    label.addEventListener("drop", function (event) {
      event.preventDefault();
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      show();
    });
    show();
  });

  /* One press sends once: a second press on a slow network must not repeat an act. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if ("long" in form.dataset) return;  /* Its answer takes its time: a second press would undo it. */
    /* An answer that is a file leaves the page standing: then it may be sent again. */
    setTimeout(function () { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  /* Open menus close with Escape or a click elsewhere. */
  function closeMenus(except) {
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }
  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details[data-menu]"));
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var menu = document.querySelector("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  document.querySelectorAll("button[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();

/* A page that watches a signing job: asks for its state and shows the page anew when it changes. */
(function () {
  "use strict";
  var place = document.querySelector("[data-watch]");
  if (!place) { return; }
  var tries = 0;
  function look() {
    tries += 1;
    fetch(place.dataset.watch, { credentials: "same-origin" })
      .then(function (answer) { return answer.json(); })
      .then(function (job) {
        if (job.state + job.error !== place.dataset.state) { window.location.reload(); return; }
        if (tries < 400) { setTimeout(look, 1500); }
      })
      .catch(function () { if (tries < 400) { setTimeout(look, 5000); } });
  }
  setTimeout(look, 1500);
})();
