// The last minute of times as lines, and of dropped frames as bars.

const KEPT = 240; // four a second
const LINES = ["buffer", "behind", "delay"]; // the last is on top
const SCALES = [1, 2, 5, 10, 20, 50]; // seconds at the top

export class Chart {
  #canvas;
  #rows = [];

  constructor(canvas) {
    this.#canvas = canvas;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  clear() {
    this.#rows = [];
    this.draw();
  }

  add(row) {
    this.#rows.push(row);
    this.#rows.splice(0, this.#rows.length - KEPT);
    this.draw();
  }

  draw() {
    const canvas = this.#canvas, ratio = devicePixelRatio;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`);
    pen.scale(ratio, ratio);
    pen.font = "12px system-ui, sans-serif";
    const most = Math.max(0, ...this.#rows.flatMap((row) => LINES.map((name) => row[name] ?? 0)));
    const top = SCALES.find((scale) => scale >= most) ?? most;
    const left = 34, bottom = height - 4, step = (width - left) / (KEPT - 1);
    const x = (i) => width - (this.#rows.length - 1 - i) * step;
    const y = (value) => bottom - (value / top) * (bottom - 14);
    this.#grid(pen, colour, { left, width, y, top });
    pen.fillStyle = colour("dropped");
    this.#rows.forEach(({ dropped }, i) => {
      const more = dropped - (this.#rows[i - 1]?.dropped ?? dropped);
      if (more > 0) {
        const high = Math.min(more / 10, 1) * (bottom - 14);
        pen.fillRect(x(i) - 1, bottom - high, Math.max(step, 2), high);
      }
    });
    for (const name of LINES) {
      this.#line(pen, colour(name), name, x, y);
    }
  }

  #grid(pen, colour, { left, width, y, top }) {
    pen.strokeStyle = colour("line");
    pen.fillStyle = colour("quiet");
    for (const value of [0, top / 2, top]) {
      pen.beginPath();
      pen.moveTo(left, y(value));
      pen.lineTo(width, y(value));
      pen.stroke();
      pen.fillText(`${value} s`, 0, y(value) + (value ? 4 : 0));
    }
  }

  #line(pen, colour, name, x, y) {
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.beginPath();
    let isDown = false;
    this.#rows.forEach((row, i) => {
      if (row[name] === null) {
        isDown = false;
      } else {
        pen[isDown ? "lineTo" : "moveTo"](x(i), y(row[name]));
        isDown = true;
      }
    });
    pen.stroke();
  }
}
