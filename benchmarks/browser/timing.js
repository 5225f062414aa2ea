// Times what a person waits for: from an event to the end of the last frame in which the page changed.
(() => {
  /** Time at which the next frame has been painted: the first task after its animation callbacks, where `look` is called. */
  const painted = (look = () => {}) =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        look();
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        port2.postMessage(0);
      }),
    );

  /**
   * End of the first frame that shows what `ready` waits for, or of the last one that changed anything in `root` but its
   * panels, whichever is later; two frames that changed nothing must follow it.
   */
  async function settle(root, ready = () => true) {
    let [end, quiet, dirty, was] = [0, 0, true, false];
    const counts = ({ target }) => !(target.closest ? target : target.parentElement)?.closest(".fl-panel");
    const observer = new MutationObserver((records) => {
      dirty ||= records.some(counts);
      ready(); // pictures that have just come begin to be decoded
    });
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    while (quiet < 2) {
      let is = false;
      const now = await painted(() => {
        is = ready();
      });
      if (dirty || !was) [end, quiet] = [now, 0];
      else quiet += 1;
      dirty = false;
      was = is;
    }
    observer.disconnect();
    return end;
  }

  /** Says whether every thumbnail of the first page holds a decoded picture, or none is to be had. */
  function picturesOf(root, cells) {
    const decoded = new WeakMap();
    return () => {
      const gallery = root.querySelector(".fl-gallery");
      if (gallery.dataset.cells !== cells) return false;
      const pictures = [...gallery.querySelectorAll(".fl-thumb .fl-picture")];
      const wanted = Math.min(12, Number(gallery.dataset.count));
      const images = pictures.map((picture) => picture.querySelector("img"));
      for (const image of images) {
        if (!image || decoded.has(image)) continue;
        decoded.set(image, false);
        image.decode().then(() => decoded.set(image, true));
      }
      const done = (picture, at) => picture.dataset.picture === "absent" || decoded.get(images[at]);
      return pictures.length === wanted && pictures.every(done);
    };
  }

  const root = () => document.querySelector(".framelens");

  window.bench = {
    /** [milliseconds to the last changed frame, milliseconds in the handler] of one move of a slider. */
    async slide(name, value) {
      const range = document.querySelector(`[data-slider=${name}]`);
      await painted();
      range.value = String(value);
      const began = performance.now();
      range.dispatchEvent(new Event("input", { bubbles: true }));
      const handled = performance.now() - began;
      return [(await settle(root())) - began, handled];
    },
    /** What this clock costs itself: a frame and a wait with nothing to wait for. */
    async rest() {
      const began = await painted();
      return [(await settle(root())) - began, 0];
    },
    /** Waits for one real event; `result` is a promise of the same pair (the handlers of an event end before its tasks). */
    expect(type, cells = null) {
      this.result = new Promise((done) => {
        const heard = () => {
          const began = performance.now();
          let handled = 0;
          window.addEventListener(type, () => (handled = performance.now() - began), { once: true });
          const ready = cells === null ? undefined : picturesOf(root(), cells);
          settle(root(), ready).then((end) => done([end - began, handled]));
        };
        window.addEventListener(type, heard, { capture: true, once: true });
      });
    },
    /** Milliseconds from the end of parsing, where the scripts start, to the frame that shows the matrix. */
    firstPaint: new Promise((done) => {
      const look = () => {
        if (!document.querySelector(".fl-matrix-stage[data-size]")) return;
        observer.disconnect();
        const start = performance.getEntriesByType("navigation")[0].domInteractive;
        painted().then((now) => done(now - start));
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, attributes: true });
    }),
  };
})();
