// Monaco and Radix fill <style> elements while they run. The Content-Security-Policy allows those with this
// answer's nonce only, and Monaco has no option for one, so every <style> made by a script of ours gets it here.
// Import this first.
const nonce = document.querySelector("meta[property=csp-nonce]").nonce;
const createElement = document.createElement;

document.createElement = function (name, options) {
  const element = createElement.call(document, name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
