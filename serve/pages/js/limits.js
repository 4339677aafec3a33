// What the server takes, as it has written into the page.

const data = document.body.dataset;

/** Counts, bytes, characters and seconds. */
export const limits = {
  maxPhotos: Number(data.maxPhotos),
  maxBodyBytes: Number(data.maxBodyBytes),
  maxFileBytes: Number(data.maxFileBytes),
  maxTextChars: Number(data.maxTextChars),
  maxVideoBytes: Number(data.maxVideoBytes),
  maxVideoS: Number(data.maxVideoS),
};
