// A keypad for whoever stands at the panel and has no keyboard.
const pin = document.getElementById("pin");
const keypad = document.querySelector(".keypad");
keypad.hidden = false;
keypad.addEventListener("click", (event) => {
  const key = event.target.closest("button");
  if (!key) return;
  pin.value = key.value ? (pin.value + key.value).slice(0, pin.maxLength) : pin.value.slice(0, -1);
});
