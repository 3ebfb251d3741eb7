// Requests to the vkeras behind this page; docs/explore.md describes them.

function address(path, query = {}) {
  const url = new URL(`api/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("vkeras does not answer: is vkeras explore still running?");
  }
  if (response.ok) return response;
  let text = `${response.status} ${response.statusText}`;
  try {
    text = (await response.json()).error ?? text;
  } catch { /* an answer without JSON has only its status */ }
  throw new Error(text);
}

/** The address of a picture that the API draws. */
export const picture = address;

export async function get(path, query, signal) {
  return (await ask(address(path, query), { signal })).json();
}

export async function post(path, query, body, signal) {
  return (await ask(address(path, query), { method: "POST", body, signal })).json();
}

export async function remove(path) {
  await ask(address(path), { method: "DELETE" });
}

/** What a POST answers, a JSON value a line, as the lines come. */
export async function* stream(path, query, signal) {
  const response = await ask(address(path, query), { method: "POST", signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop();
    for (const line of lines) {
      if (!line) continue;
      const item = JSON.parse(line);
      if (item.error) throw new Error(item.error);
      yield item;
    }
    if (done) return;
  }
}

/** A PNG as an element's source. Unlike src alone it says why when it fails. */
export async function load(image, path, query, signal) {
  image.setAttribute("aria-busy", "true");
  let url = "";
  try {
    url = URL.createObjectURL(await (await ask(address(path, query), { signal })).blob());
    await new Promise((done, fail) => {
      image.onload = done;
      image.onerror = () => fail(new Error(`${path} is no picture that this browser reads`));
      image.src = url;
    });
  } finally {
    URL.revokeObjectURL(url);
    if (!signal?.aborted) image.removeAttribute("aria-busy"); // else another load goes on
  }
  return image;
}
