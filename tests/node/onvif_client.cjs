// Drives an ONVIF camera with the npm client "onvif" as it comes; prints what it saw as JSON.
// usage: node onvif_client.cjs < {"hostname", "port", "username", "password", "useWSSecurity"}
const fs = require("node:fs");
const { Cam } = require("onvif/promises");

async function main() {
  const camera = new Cam({ ...JSON.parse(fs.readFileSync(0, "utf8")), timeout: 5000 });
  await camera.connect();
  const seen = {
    device: await camera.getDeviceInformation(),
    stream: (await camera.getStreamUri({ protocol: "RTSP" })).uri,
    snapshot: (await camera.getSnapshotUri()).uri,
    nodes: Object.keys(await camera.getNodes()),
  };
  await camera.setPreset({ presetName: "Board" });
  seen.presets = await camera.getPresets();
  await camera.continuousMove({ x: 0.5, y: -0.25, zoom: 0.5 });
  await new Promise((resolve) => setTimeout(resolve, 150));
  await camera.stop({ panTilt: true, zoom: true });
  seen.moved = (await camera.getStatus()).position;
  await camera.gotoPreset({ preset: seen.presets.Board.$.token });
  await camera.absoluteMove({ x: 0.1, y: 0, zoom: 0 });
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(String(error));
  process.exitCode = 1;
});
