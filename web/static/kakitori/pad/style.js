/**
 * The pad's style sheet, a constructed one: a strict content security policy forbids <style> and style="".
 * Pages set custom properties: --kanji-pad-ink, --kanji-pad-guide, --kanji-pad-paper,
 * --kanji-pad-frame, --kanji-pad-focus.
 */
export const sheet = new CSSStyleSheet();

sheet.replaceSync(`
  :host {
    display: block;
    position: relative;
    aspect-ratio: 1;
    min-width: 120px;
    box-sizing: border-box;
    background: var(--kanji-pad-paper, Canvas);
    border: 2px solid var(--kanji-pad-frame, GrayText);
    cursor: crosshair;
    outline-offset: 3px;
    user-select: none;
    -webkit-user-select: none;
    -webkit-touch-callout: none;
    -webkit-tap-highlight-color: transparent;
  }
  :host([hidden]) { display: none; }
  :host(:focus) { outline: none; }
  :host(:focus-visible) { outline: 3px solid var(--kanji-pad-focus, Highlight); }
  canvas {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    touch-action: none;
    color: var(--kanji-pad-ink, CanvasText);
    border-color: var(--kanji-pad-guide, GrayText);
    border-style: none;
  }
  [role="status"] {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`);
