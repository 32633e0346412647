// Uploads FILE with tus-js-client as it comes; its options are JSON on standard input.
// Prints the upload's address. usage: node tus_upload.cjs FILE < options.json
const fs = require("node:fs");
const tus = require("tus-js-client");

const path = process.argv[2];
const options = JSON.parse(fs.readFileSync(0, "utf8"));

const upload = new tus.Upload(fs.createReadStream(path), {
  ...options,
  uploadSize: fs.statSync(path).size,
  onError(error) {
    console.error(String(error));
    process.exitCode = 1;
  },
  onSuccess() {
    console.log(upload.url);
  },
});

upload.start();
