// Puts the widgets on the page, and hands each picture to them, once a frame at most.
import { makeCharts, showCharts } from './charts.js';
import { makeControls, showTime } from './controls.js';
import { makeDetails, openNode, openPod } from './details.js';
import { byId, setText } from './dom.js';
import { makeFaults, setFaultZones, showFaults } from './faults.js';
import { makeHeatGrid, setNodes, showNodes, zoneNames } from './heat-grid.js';
import { makePhases, showPhases } from './phases.js';
import { makeSearch } from './search.js';
import { follow } from './server.js';
import { makeStatusBar, showStatus } from './status-bar.js';

makeStatusBar();
makeControls();
makeFaults();
makeHeatGrid(openNode);
makePhases();
makeCharts();
makeDetails();
makeSearch(openPod, openNode);

let waiting;

function show() {
  const picture = waiting;
  waiting = undefined;
  showStatus(picture);
  showTime(picture);
  showNodes(picture.nodes);
  showPhases(picture);
  showCharts(picture);
  showFaults(picture.faults, picture.simulatedSeconds);
  document.documentElement.dataset.pictures = String(1 + Number(document.documentElement.dataset.pictures ?? 0));
}

follow(
  '/wavetank/events',
  (kind, data) => {
    if (kind === 'layout') {
      setNodes(data);
      setFaultZones(zoneNames());
      return;
    }
    if (waiting === undefined) requestAnimationFrame(show);
    waiting = data;
  },
  (text) => setText(byId('connection'), text),
);
