// Brings the page up to date in place. What did not change is left alone, so that focus, selection, scroll position and open details stay.
"use strict";
(() => {
  const body = document.body;
  const interval = Number(body.dataset.interval) || 15000;
  const patience = Math.max(interval, 8000);
  let timer = 0;
  let asking = null;
  // What the clock of the server is ahead of this one, so that ages are those of the server.
  let ahead = Number(body.dataset.at) - Date.now();
  let seen = Number(body.dataset.at);
  let offline = false;

  const age = (milliseconds) => {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const [minutes, hours, days] = [60, 3600, 86400].map((unit) => Math.floor(seconds / unit));
    const two = (whole, unit, rest, of) => (rest ? `${whole} ${unit} ${rest} ${of}` : `${whole} ${unit}`);
    if (days) return two(days, "d", days < 100 ? hours % 24 : 0, "h");
    if (hours) return two(hours, "h", minutes % 60, "m");
    if (minutes) return two(minutes, "m", seconds % 60, "s");
    return `${seconds} s`;
  };

  const sameAttributes = (old, fresh) => {
    for (const { name } of [...old.attributes]) {
      // Whether details are open is up to the reader.
      if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };

  const isSame = (old, fresh) =>
    old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id || "") === (fresh.id || "");

  const renew = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    sameAttributes(old, fresh);
    const wanted = [...fresh.childNodes];
    let at = old.firstChild;
    for (const child of wanted) {
      let found = at;
      // What has a name is looked for among the rest; what was before it is gone.
      if (child.id) while (found && found.id !== child.id) found = found.nextSibling;
      if (found && isSame(found, child)) {
        while (at !== found) {
          const gone = at;
          at = at.nextSibling;
          gone.remove();
        }
        at = found.nextSibling;
        renew(found, child);
      } else {
        old.insertBefore(document.importNode(child, true), at);
        if (!child.id && at && !at.id) {
          const gone = at;
          at = at.nextSibling;
          gone.remove();
        }
      }
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  const announce = (text) => {
    const place = document.getElementById("announce");
    if (place) place.textContent = text;
  };

  const showOffline = () => {
    const badge = document.getElementById("badge");
    if (!badge) return;
    badge.className = "badge offline";
    badge.title = "The server does not answer. What is shown is what it said last.";
    badge.innerHTML = "<span class=\"dot\" aria-hidden=\"true\"></span><strong>OFFLINE</strong><span class=\"age\"></span>";
    badge.querySelector(".age").textContent = `last answer ${age(Date.now() + ahead - seen)} ago`;
  };

  const take = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const [main, badge] = [fresh.querySelector("main"), fresh.getElementById("badge")];
    if (!main || !badge) throw new Error("this is no page");
    document.title = fresh.title;
    renew(document.querySelector("main"), main);
    renew(document.getElementById("badge"), badge);
    seen = Number(fresh.body.dataset.at);
    ahead = seen - Date.now();
    if (offline) announce("The server answers again.");
    offline = false;
  };

  const ask = async () => {
    asking = new AbortController();
    const limit = setTimeout(() => asking && asking.abort(), patience);
    try {
      const answer = await fetch(location.pathname + location.search, { cache: "no-store", signal: asking.signal });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      take(text);
    } catch (error) {
      // Nobody looks at a page that is hidden; it is brought up to date when it is looked at again.
      if (!document.hidden) {
        if (!offline) announce("The server does not answer.");
        offline = true;
        showOffline();
      }
    } finally {
      clearTimeout(limit);
      asking = null;
    }
  };

  const next = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (document.hidden) return;
      await ask();
      next(interval);
    }, wait);
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!asking) next(0);
  });
  setInterval(() => {
    if (offline && !document.hidden) showOffline();
  }, 1000);
  next(interval);
})();
