// The few pictograms of the page, drawn with lines.

const paths = {
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M13 3l-1.100 1.100M4.100 11.900 3 13",
  moon: "M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7",
  auto: "M2 3h12v8H2zM6 14h4M8 11v3",
  help: "M6 6a2 2 0 1 1 2.600 1.900c-.5.2-.6.6-.6 1.100v.5M8 12v.2M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13",
  panel: "M2 3h12v10H2zM10 3v10",
  back: "M10 3 5 8l5 5",
  on: "m6 3 5 5-5 5",
  play: "M5 3v10l8-5z",
  pause: "M5.500 3v10M10.500 3v10",
  close: "m4 4 8 8M12 4l-8 8",
  open: "m6 4 4 4-4 4",
  down: "m4 6 4 4 4-4",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9M10.500 10.500 14 14",
  link: "M6.500 9.500 9.500 6.500M7 4.500 8.500 3a3 3 0 0 1 4.500 4.500L11.500 9M9 11.500 7.500 13A3 3 0 0 1 3 8.500L4.500 7",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  check: "m3 8.500 3.500 3.500L13 4.500",
  first: "M4 3v10M12 3 7 8l5 5",
  lastOne: "M12 3v10M4 3l5 5-5 5",
  pin: "M6 2.500h4M6.500 2.500v4L4.500 9v1h7V9l-2-2.500v-4M8 10v4",
  send: "M2 8h11M9 4l4 4-4 4",
  live: "M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4M4 4a5.600 5.600 0 0 0 0 8M12 4a5.600 5.600 0 0 1 0 8",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" class="icon">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.500"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

/** The sign of statevisor: a supervisor and two services, one of them in backoff. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0072b2" />
      <path d="M16 11v4M16 15H9.500v4M16 15h6.500v4" fill="none" stroke="#fff" stroke-width="2.500" />
      <rect x="12" y="5" width="8" height="6.500" rx="2" fill="#fff" />
      <rect x="5.500" y="19" width="8" height="6.500" rx="2" fill="#fff" />
      <rect x="18.500" y="19" width="8" height="6.500" rx="2" fill="#e69f00" />
    </svg>
  );
}
