// Images: uploaded by presigned forms, shown by presigned links.

import { api } from "/deployment.js";

const UPLOADING = "Uploading ...";

/** Upload the file that was chosen for an item; returns whether the bucket has it. */
export async function upload(id, input, row) {
  const [file] = input.files;
  if (!file) return false;
  const [progress, note] = [row.querySelector("progress"), row.querySelector(".note")];
  progress.hidden = false;
  progress.value = 0;
  input.disabled = true;
  note.textContent = UPLOADING;
  try {
    const form = await api("POST", `/items/${encodeURIComponent(id)}/images`, { body: { contentType: file.type } });
    await send(form, file, (share) => { progress.value = share; });
    // The push about its sizes may have come before the upload's answer.
    if (note.textContent === UPLOADING) note.textContent = "Uploaded. Its sizes appear as soon as they are made.";
    return true;
  } catch (error) {
    note.textContent = error.message;
    return false;
  } finally {
    progress.hidden = true;
    input.disabled = false;
    input.value = "";
  }
}

function send({ url, fields }, file, report) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append("file", file); // S3 reads nothing after it
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells nothing about an upload's progress
    request.upload.addEventListener("progress", (event) => event.lengthComputable && report(event.loaded / event.total));
    request.addEventListener("load", () =>
      request.status < 300 ? resolve() : reject(new Error(`The upload was answered with ${request.status}.`)));
    request.addEventListener("error", () => reject(new Error("The bucket does not take the upload from this page.")));
    request.open("POST", url);
    request.send(data);
  });
}

/** Show an item's images in its row, by links that are good for a while. */
export async function showImages(item, row) {
  const { images } = await api("GET", `/items/${encodeURIComponent(item.id)}/images`);
  const pictures = images.map((image, position) => {
    const sizes = [...image.sizes].sort((a, b) => a.width - b.width);
    const picture = document.createElement("img");
    picture.src = sizes[0].url;
    picture.srcset = sizes.map((size) => `${size.url} ${size.width}w`).join(", ");
    picture.sizes = "12rem";
    picture.width = sizes[0].width;
    picture.height = sizes[0].height;
    picture.alt = `Image ${position + 1} of ${item.name}`;
    return picture;
  });
  row.querySelector(".images").replaceChildren(...pictures);
  row.querySelector(".note").textContent = "";
}
