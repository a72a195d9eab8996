/* Counting without a network: every code is kept in this browser first, then sent until the server
   has answered for it. Each carries a number of its own, so what is sent twice counts once. Without
   this file, or where the browser keeps nothing, the form itself is sent. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-stocktake]");
  if (!form) return;
  var KEY = form.dataset.stocktake;
  var PART = 200, AGAIN = 15000;
  var code = form.elements.ma, holder = form.elements.nguoi, damaged = form.elements.hong;
  var state = form.querySelector("[data-state]");
  var recent = document.querySelector("[data-recent]");
  var problems = document.querySelector("[data-problems]");
  var sending = false, timer = 0, odd = "";

  function read(name) {
    var kept = JSON.parse(localStorage.getItem(KEY + name) || "[]");
    return Array.isArray(kept) ? kept : [];
  }
  function write(name, list) {
    if (list.length) localStorage.setItem(KEY + name, JSON.stringify(list));
    else localStorage.removeItem(KEY + name);
  }
  /* Two tabs share what is kept: always read, change, write. */
  function drop(name, ids) {
    write(name, read(name).filter(function (one) { return ids.indexOf(one.id) < 0; }));
  }
  try { write("-cho", read("-cho")); } catch (error) { return; }

  function number() {
    var bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.from(bytes, function (one) { return ("0" + one.toString(16)).slice(-2); }).join("");
  }
  function say(kind, words) {
    state.className = "scan-state " + kind;
    state.textContent = words;
  }
  function waiting(why) {
    var left = read("-cho").length;
    if (!left) { say(odd ? "wait" : "done", odd + "Đã gửi hết."); return; }
    say("wait", left + " kết quả đang giữ trên máy này, chưa gửi. " + (why || ""));
  }
  function line(one, words) {
    var item = document.createElement("li"), strong = document.createElement("strong");
    strong.textContent = one.code;
    item.append(strong, " " + words);
    return item;
  }
  function showRecent(one, words) {
    var none = recent.querySelector("[data-none]"), old = document.getElementById("l-" + one.id);
    if (none) none.remove();
    var item = line(one, words);
    item.id = "l-" + one.id;
    if (old) old.replaceWith(item);
    else recent.prepend(item);
  }
  function showProblems() {
    var list = problems.querySelector("ul"), kept = read("-loi");
    problems.hidden = !kept.length;
    list.replaceChildren.apply(list, kept.map(function (one) {
      var item = line(one, one.problem + " "), button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = "Đã xem, bỏ dòng này";
      button.addEventListener("click", function () { drop("-loi", [one.id]); showProblems(); });
      item.append(button);
      return item;
    }));
  }
  function taken(part, body) {
    var answers = {};
    body.answers.forEach(function (one) { answers[one.id] = one; });
    var answered = part.filter(function (one) { return answers[one.id]; });
    var wrong = answered.filter(function (one) { return answers[one.id].problem; });
    /* First kept as a problem, then dropped from what waits: a closed tab in between loses nothing. */
    if (wrong.length) {
      var ids = wrong.map(function (one) { return one.id; });
      drop("-loi", ids);
      write("-loi", read("-loi").concat(wrong.map(function (one) {
        return { id: one.id, code: one.code, problem: answers[one.id].problem };
      })));
    }
    drop("-cho", answered.map(function (one) { return one.id; }));
    odd = "";
    answered.forEach(function (one) {
      var answer = answers[one.id];
      /* Who scans looks at this line, not at the list below it. */
      if (answer.problem) odd += one.code + " – chưa ghi được. ";
      else if (!answer.as_booked) odd += one.code + " – " + answer.outcome + ". ";
      else if (answer.repeated) odd += one.code + " – đã ghi trước đó. ";
      showRecent(one, answer.problem ? "– chưa ghi được" : "– " + (answer.outcome || "đã ghi") + (answer.repeated ? " (đã ghi trước đó)" : ""));
    });
    document.querySelector("[data-done]").textContent = body.done;
    document.querySelector("[data-book]").textContent = body.book;
    showProblems();
    return answered.length;
  }
  function later(why) {
    sending = false;
    waiting(why);
    clearTimeout(timer);
    timer = setTimeout(send, AGAIN);
  }
  function send() {
    var part = read("-cho").slice(0, PART);
    if (sending) return;
    if (!part.length) return;
    sending = true;
    fetch(form.dataset.upload, {
      method: "POST", credentials: "same-origin", redirect: "error",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
      body: JSON.stringify({ now: Date.now(), counts: part })
    }).then(function (answer) {
      if (!answer.ok) { later("Máy chủ chưa nhận; tải lại trang rồi thử lại."); return null; }
      return answer.json().then(function (body) {
        sending = false;
        if (!taken(part, body)) { later("Máy chủ chưa nhận; tải lại trang rồi thử lại."); return; }
        if (read("-cho").length) send(); else waiting();
      });
    }).catch(function () {
      later(navigator.onLine ? "Sẽ tự gửi lại; nếu phiên đăng nhập đã hết, đăng nhập lại ở trang này." : "Mất mạng: cứ quét tiếp, đừng tải lại trang; có mạng sẽ tự gửi.");
    });
  }

  form.addEventListener("submit", function (event) {
    var typed = code.value.trim();
    if (!typed) { event.preventDefault(); event.stopPropagation(); code.focus(); return; }
    var one = {
      id: number(), code: typed, at: Date.now(), damaged: damaged.checked, note: "",
      holder: holder.value ? Number(holder.value) : null
    };
    try { write("-cho", read("-cho").concat([one])); } catch (error) { return; } /* Full: send the form. */
    event.preventDefault();
    event.stopPropagation();
    showRecent(one, "– đang gửi");
    code.value = "";
    damaged.checked = false;
    code.focus();
    /* Not yet sent, whatever the line said of the codes before. */
    say("wait", "Đang gửi " + read("-cho").length + " kết quả.");
    /* Input methods that add Vietnamese marks to letters spoil what a scanner types. */
    if (/[^\x00-\x7f]/.test(typed)) say("wait", "Mã có dấu tiếng Việt: tắt bộ gõ (Unikey) rồi quét lại.");
    send();
  });
  window.addEventListener("online", send);
  window.addEventListener("storage", showProblems);
  showProblems();
  if (read("-cho").length) { read("-cho").forEach(function (one) { showRecent(one, "– chưa gửi"); }); send(); }
  else say("", "Mỗi mã được ghi ngay khi bấm Enter; mất mạng vẫn quét tiếp được.");
})();
