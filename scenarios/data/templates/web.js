// Says which language the page is in, and gives Streamlit's own controls words of that language.
document.documentElement.lang = words.lang;
const named = {
  '[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"]': words.choose,
  '[data-testid="stFileUploaderDropzoneInput"]': words.field,
  '[data-testid="stFileChipDeleteBtn"] button': words.chip_remove,
  '[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-borderlessIcon"]': words.chip_add,
};
const name = () => {
  for (const [where, label] of Object.entries(named))
    for (const each of document.querySelectorAll(where))
      if (each.getAttribute("aria-label") !== label) each.setAttribute("aria-label", label);
  for (const each of document.querySelectorAll('[data-testid="stFileChip"] [role="alert"]'))
    if (each.textContent !== words.tooLarge) each.textContent = words.tooLarge;
};
// The address follows every change of the view; the browser's Back leads to where the visitor came from.
history.pushState = history.replaceState.bind(history);
if (window.chouchaNames) window.chouchaNames.disconnect();
window.chouchaNames = new MutationObserver(name);
window.chouchaNames.observe(document.body, { childList: true, subtree: true });
name();
