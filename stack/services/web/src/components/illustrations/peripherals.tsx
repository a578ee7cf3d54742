import type {Drawing} from './drawing.js'

const KEY_ROWS = [
  {y: 80, from: 46, count: 12},
  {y: 93, from: 50, count: 11},
  {y: 106, from: 46, count: 12},
] as const
const KEY_PITCH = 12.6

/** Things for hands, eyes and ears. */
export const peripherals: Record<string, Drawing> = {
  keyboard: {
    tone: 'stone',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="140" rx="98" ry="7" />
        <rect className="d-body" x="32" y="64" width="176" height="72" rx="11" />
        <rect className="d-ink" x="40" y="72" width="160" height="56" rx="6" />
        {KEY_ROWS.flatMap(({y, from, count}) =>
          Array.from({length: count}, (_, column) => (
            <rect
              key={`${y}-${column}`}
              className={(column * 5 + y) % 11 === 0 ? 'd-accent' : 'd-soft'}
              x={from + column * KEY_PITCH}
              y={y}
              width="10"
              height="10"
              rx="2.5"
            />
          )),
        )}
        <rect className="d-soft" x="84" y="119" width="72" height="5" rx="2.5" />
      </>
    ),
  },
  mouse: {
    tone: 'plum',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="156" rx="46" ry="7" />
        <rect className="d-body" x="84" y="32" width="72" height="120" rx="36" />
        <path className="d-edge" d="M84 92c22 10 50 10 72 0v24a36 36 0 0 1-72 0z" />
        <path className="d-hair" d="M120 33v44" />
        <rect className="d-accent" x="114" y="50" width="12" height="28" rx="6" />
      </>
    ),
  },
  headset: {
    tone: 'clay',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="158" rx="66" ry="6" />
        <path className="d-band" d="M64 104V88a56 56 0 0 1 112 0v16" />
        <rect className="d-ink" x="50" y="92" width="30" height="52" rx="13" />
        <rect className="d-accent" x="72" y="94" width="16" height="48" rx="8" />
        <rect className="d-ink" x="160" y="92" width="30" height="52" rx="13" />
        <rect className="d-accent" x="152" y="94" width="16" height="48" rx="8" />
        <path className="d-cable" d="M66 142c2 18 18 16 34 14" />
        <rect className="d-ink" x="96" y="149" width="22" height="12" rx="6" />
      </>
    ),
  },
  webcam: {
    tone: 'sky',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="152" rx="48" ry="6" />
        <path className="d-edge" d="M108 110h24l8 36h-40z" />
        <rect className="d-body" x="60" y="40" width="120" height="72" rx="36" />
        <circle className="d-ink" cx="120" cy="76" r="28" />
        <circle className="d-accent" cx="120" cy="76" r="17" />
        <circle className="d-bright" cx="113" cy="69" r="5" />
        <circle className="d-accent" cx="162" cy="76" r="4" />
      </>
    ),
  },
  microphone: {
    tone: 'sand',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="158" rx="44" ry="6" />
        <path className="d-band-thin" d="M84 74v12a36 36 0 0 0 72 0V74M120 122v28" />
        <rect className="d-body" x="86" y="148" width="68" height="8" rx="4" />
        <rect className="d-ink" x="96" y="22" width="48" height="86" rx="24" />
        <path className="d-mesh" d="M100 46h40M98 58h44M98 70h44" />
        <rect className="d-accent" x="96" y="80" width="48" height="8" />
      </>
    ),
  },
  speaker: {
    tone: 'sea',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="160" rx="52" ry="6" />
        <rect className="d-ink" x="76" y="20" width="88" height="138" rx="14" />
        <circle className="d-soft" cx="120" cy="56" r="17" />
        <circle className="d-accent" cx="120" cy="56" r="7" />
        <circle className="d-soft" cx="120" cy="112" r="31" />
        <circle className="d-accent" cx="120" cy="112" r="16" />
        <circle className="d-bright" cx="114" cy="106" r="4" />
      </>
    ),
  },
  cable: {
    tone: 'stone',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="150" rx="70" ry="6" />
        <path className="d-cable-thick" d="M68 60c0 96 52 96 52 34s52-62 52 26" />
        <rect className="d-body" x="56" y="34" width="24" height="32" rx="6" />
        <rect className="d-accent" x="60" y="22" width="16" height="14" rx="3" />
        <rect className="d-body" x="160" y="112" width="24" height="30" rx="6" />
        <rect className="d-accent" x="164" y="140" width="16" height="12" rx="3" />
      </>
    ),
  },
  charger: {
    tone: 'clay',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="152" rx="58" ry="6" />
        <path className="d-prong" d="M106 50V28M134 50V28" />
        <rect className="d-body" x="74" y="46" width="92" height="100" rx="18" />
        <rect className="d-edge" x="74" y="112" width="92" height="34" rx="17" />
        <rect className="d-ink" x="94" y="122" width="22" height="10" rx="5" />
        <rect className="d-ink" x="124" y="122" width="22" height="10" rx="5" />
        <path className="d-accent" d="M124 58l-20 28h13l-4 20 21-29h-13z" />
      </>
    ),
  },
}
