/** Pixels of the film in one pixel of the screen, followed while the film is drawn larger or smaller. */
class FilmScale {
  pixel = 1;
  onChange = () => {};
  readonly #observer = new ResizeObserver(([entry]) => this.#measure(entry!));

  /** Given to the `ref` of the film. */
  readonly follow = (film: Element | undefined): void => {
    this.#observer.disconnect();
    if (film) this.#observer.observe(film);
  };

  #measure({ target, contentRect }: ResizeObserverEntry): void {
    const { width, height } = (target as SVGSVGElement).viewBox.baseVal;
    const pixel = Math.max(width / Math.max(1, contentRect.width), height / Math.max(1, contentRect.height));
    if (Math.abs(pixel - this.pixel) < 0.001 * this.pixel) return;
    this.pixel = pixel;
    this.onChange();
  }
}

export const filmScale = new FilmScale();
