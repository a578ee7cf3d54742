import type {Drawing} from './drawing.js'

/** Things that make a place to work. */
export const furnishings: Record<string, Drawing> = {
  desk: {
    tone: 'sand',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="156" rx="92" ry="6" />
        <path className="d-ink" d="M56 92h10v60h14v4H42v-4h14zM174 92h10v60h14v4h-38v-4h14z" />
        <rect className="d-body" x="26" y="80" width="188" height="13" rx="4" />
        <rect className="d-ink" x="72" y="38" width="60" height="36" rx="4" />
        <rect className="d-accent" x="76" y="42" width="52" height="28" rx="2" />
        <path className="d-ink" d="M98 74h8v6h-8z" />
        <path className="d-accent" d="M164 60h22l-4 20h-14z" />
      </>
    ),
  },
  chair: {
    tone: 'sea',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="160" rx="52" ry="6" />
        <rect className="d-accent" x="84" y="18" width="72" height="72" rx="16" />
        <path className="d-band-thin" d="M76 84v16M164 84v16" />
        <rect className="d-ink" x="74" y="96" width="92" height="18" rx="9" />
        <path className="d-edge" d="M115 114h10v24h-10z" />
        <path className="d-band-thin" d="M120 138l-34 14M120 138l34 14M120 138v16" />
      </>
    ),
  },
  lamp: {
    tone: 'clay',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="104" cy="156" rx="54" ry="6" />
        <path className="d-glow" d="M146 66l58 62h-76z" />
        <path className="d-band-thin" d="M96 148L74 92l58-42" />
        <circle className="d-ink" cx="74" cy="92" r="6" />
        <path className="d-accent" d="M120 40l24-20 42 34-42 26a30 30 0 0 1-24-40z" />
        <rect className="d-body" x="64" y="146" width="68" height="10" rx="5" />
      </>
    ),
  },
  stand: {
    tone: 'stone',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="154" rx="72" ry="6" />
        <path className="d-band" d="M70 148l50-50M170 148l-50-50" />
        <rect className="d-body" x="54" y="144" width="132" height="9" rx="4.5" />
        <path className="d-ink" d="M52 84h136l-6 14H58z" />
        <rect className="d-accent" x="66" y="34" width="108" height="50" rx="5" />
        <path className="d-soft" d="M66 72c24-20 38-4 54-14s34-16 54-8v29a5 5 0 0 1-5 5H71a5 5 0 0 1-5-5z" />
      </>
    ),
  },
  mug: {
    tone: 'clay',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="114" cy="152" rx="56" ry="6" />
        <path className="d-wave" d="M96 42c-8-10 8-14 0-24M120 42c-8-10 8-14 0-24" />
        <path className="d-band" d="M152 76h12a20 20 0 0 1 0 40h-14" />
        <path className="d-body" d="M70 56h88v72a20 20 0 0 1-20 20H90a20 20 0 0 1-20-20z" />
        <path className="d-accent" d="M70 84h88v16H70z" />
      </>
    ),
  },
  notebook: {
    tone: 'plum',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="156" rx="54" ry="6" />
        <rect className="d-edge" x="80" y="26" width="92" height="128" rx="7" />
        <rect className="d-ink" x="72" y="24" width="92" height="128" rx="7" />
        <rect className="d-accent" x="92" y="46" width="54" height="26" rx="3" />
        <path className="d-soft" d="M72 31a7 7 0 0 1 7-7h4v128h-4a7 7 0 0 1-7-7z" />
        <path className="d-bright" d="M134 152h10v14l-5-5-5 5z" />
      </>
    ),
  },
  backpack: {
    tone: 'sky',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="160" rx="58" ry="6" />
        <path className="d-band-thin" d="M104 34a16 16 0 0 1 32 0" />
        <path className="d-ink" d="M70 84a50 50 0 0 1 100 0v58a14 14 0 0 1-14 14H84a14 14 0 0 1-14-14z" />
        <rect className="d-accent" x="84" y="98" width="72" height="44" rx="9" />
        <path className="d-hair" d="M84 114h72" />
        <rect className="d-bright" x="114" y="110" width="12" height="9" rx="3" />
        <rect className="d-soft" x="96" y="62" width="48" height="8" rx="4" />
      </>
    ),
  },
}
