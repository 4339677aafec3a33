// A photo that can be enlarged and moved: the stage grows inside a window that scrolls. Sizes are real layout, not a
// transform, so that lines and handles keep their width on the screen.

const MOST = 12;
const MOVED_PX = 4;

export class Zoom {
  #window;
  #stage;
  #ratio = 1;
  #factor = 1;
  #pointers = new Map();

  /**
   * @param {HTMLElement} frame what is seen
   * @param {HTMLElement} stage what grows in it
   * @param {{ mayPan: (target: Element) => boolean, onZoom: (factor: number) => void }} options
   */
  constructor(frame, stage, { mayPan, onZoom }) {
    this.#window = frame;
    this.#stage = stage;
    this.mayPan = mayPan;
    this.onZoom = onZoom;
    new ResizeObserver(() => this.#apply()).observe(frame);
    frame.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.#down(event));
    frame.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, (event) => this.#up(event));
  }

  /** Show a photo of this size whole. */
  show(width, height) {
    this.#ratio = width / height;
    this.fit();
  }

  fit() {
    this.#factor = 1;
    this.#apply();
  }

  /** Enlarge around a point of the window (client pixels), or around the middle. */
  by(times, clientX = null, clientY = null) {
    const frame = this.#window.getBoundingClientRect();
    const x = (clientX ?? frame.left + frame.width / 2) - frame.left;
    const y = (clientY ?? frame.top + frame.height / 2) - frame.top;
    const before = this.#stage.getBoundingClientRect();
    const share = { x: (x + frame.left - before.left) / before.width, y: (y + frame.top - before.top) / before.height };
    this.#factor = Math.min(MOST, Math.max(1, this.#factor * times));
    this.#apply();
    const after = this.#stage.getBoundingClientRect();
    this.pan(after.left + share.x * after.width - frame.left - x, after.top + share.y * after.height - frame.top - y);
  }

  pan(dx, dy) {
    this.#window.scrollLeft += dx;
    this.#window.scrollTop += dy;
  }

  #apply() {
    const { clientWidth, clientHeight } = this.#window;
    if (clientWidth === 0) return;
    const width = Math.min(clientWidth, clientHeight * this.#ratio) * this.#factor;
    this.#stage.style.width = `${width}px`;
    this.#stage.style.height = `${width / this.#ratio}px`;
    this.onZoom(this.#factor);
  }

  #wheel(event) {
    event.preventDefault();
    this.by(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX, event.clientY);
  }

  #down(event) {
    if (!this.mayPan(event.target)) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, moved: false });
  }

  #move(event) {
    const start = this.#pointers.get(event.pointerId);
    if (start === undefined) return;
    const others = [...this.#pointers.entries()].filter(([id]) => id !== event.pointerId);
    if (others.length > 0) {
      const [, other] = others[0];
      const span = (point) => Math.hypot(point.x - other.x, point.y - other.y);
      this.by(span({ x: event.clientX, y: event.clientY }) / Math.max(1, span(start)), (event.clientX + other.x) / 2, (event.clientY + other.y) / 2);
    } else if (start.moved || Math.hypot(event.clientX - start.x, event.clientY - start.y) > MOVED_PX) {
      this.pan(start.x - event.clientX, start.y - event.clientY);
      start.moved = true;
    } else return;
    Object.assign(start, { x: event.clientX, y: event.clientY });
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
  }
}
