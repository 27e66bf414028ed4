/** Pictures of one character: dropped, chosen or pasted; shown in place of the ink until strokes replace them. */

/** Phones take 50-megapixel photos; the network sees 64 pixels. */
const MAX_SIDE = 1600;

/**
 * Return a picture's pixels.
 *
 * @param {Blob} file
 * @returns {Promise<ImageData>}
 * @throws {Error} if the browser cannot decode it.
 */
async function decode(file) {
  /** @type {ImageBitmap} */
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error("That file is not a picture that this browser can open: try a PNG or JPEG.");
  }
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("This browser has no memory left for the picture: try a smaller one.");
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** @param {DataTransfer | null} transfer @returns {File | undefined} the first picture in it */
function pictureIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
}

/**
 * Add the event listeners for dropping, choosing and pasting; return the function that hides the picture.
 *
 * @param {(id: string) => HTMLElement} find
 * @param {(image: ImageData) => void} onPicture
 * @param {(error: unknown) => void} onError
 * @returns {() => void}
 */
export function createPictures(find, onPicture, onError) {
  const canvas = /** @type {HTMLCanvasElement} */ (find("picture"));
  const input = /** @type {HTMLInputElement} */ (find("picture-file"));
  let newest = 0;
  /** @param {File} file */
  const take = async (file) => {
    const turn = ++newest;
    try {
      const image = await decode(file);
      if (turn !== newest) return; // another picture was given meanwhile
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d")?.putImageData(image, 0, 0);
      onPicture(image); // before it is shown: taking over the sheet hides the one before
      canvas.hidden = false;
    } catch (error) {
      if (turn === newest) onError(error);
    }
  };
  find("choose-picture").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files?.[0]) void take(input.files[0]);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (file) void take(file);
  });
  wireDrop(/** @type {HTMLElement} */ (find("desk").querySelector(".sheet")), take, onError);
  return () => {
    canvas.hidden = true;
  };
}

/**
 * Accept pictures dropped anywhere on the page: the browser would otherwise navigate to the file.
 *
 * @param {HTMLElement} sheet
 * @param {(file: File) => Promise<void>} take
 * @param {(error: unknown) => void} onError
 */
function wireDrop(sheet, take, onError) {
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    sheet.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) sheet.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    sheet.classList.remove("dropping");
    const file = pictureIn(event.dataTransfer);
    if (file) void take(file);
    else onError(new Error("What was dropped is not a picture file: try a PNG or JPEG."));
  });
}
