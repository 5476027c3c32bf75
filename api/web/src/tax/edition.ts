// What a script adds to the page of an edition: how far its examination is, the places of a finding on a map, and the
// parcels before and after under a slider. Without it everything is there as a table.
import { watch } from "./progress";
import { places } from "./places";
import { swipe } from "./swipe";
import { ticks } from "./ticks";

for (const one of document.querySelectorAll<HTMLElement>("[data-job]")) watch(one);
for (const one of document.querySelectorAll<HTMLElement>("[data-places]")) places(one);
for (const one of document.querySelectorAll<HTMLElement>("[data-swipe]")) swipe(one);
for (const one of document.querySelectorAll<HTMLFormElement>("form[data-ticks]")) ticks(one);
