// Moves the one-time token from the address into the form, and out of the address bar.
const label = document.getElementById("code");
const token = location.hash.slice(1);
if (token) {
  label.querySelector("input").value = token;
  label.hidden = true;
  history.replaceState(null, "", location.pathname + location.search);
}
