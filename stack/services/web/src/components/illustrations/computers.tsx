import type {Drawing} from './drawing.js'

/** Things with a screen and the things they are plugged into. */
export const computers: Record<string, Drawing> = {
  laptop: {
    tone: 'sea',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="146" rx="92" ry="8" />
        <rect className="d-ink" x="56" y="40" width="128" height="88" rx="8" />
        <rect className="d-accent" x="63" y="47" width="114" height="74" rx="3" />
        <path className="d-soft" d="M63 104c22-26 40-8 58-20s32-26 56-16v50a3 3 0 0 1-3 3H66a3 3 0 0 1-3-3z" />
        <path className="d-body" d="M36 128h168l-4 10a8 8 0 0 1-7 5H47a8 8 0 0 1-7-5z" />
        <path className="d-edge" d="M100 128h40l-3 5h-34z" />
      </>
    ),
  },
  monitor: {
    tone: 'sky',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="154" rx="62" ry="7" />
        <path className="d-edge" d="M108 120h24l4 30h-32z" />
        <rect className="d-body" x="82" y="147" width="76" height="7" rx="3.5" />
        <rect className="d-ink" x="34" y="26" width="172" height="98" rx="8" />
        <rect className="d-accent" x="40" y="32" width="160" height="82" rx="3" />
        <circle className="d-bright" cx="160" cy="58" r="13" />
        <path className="d-soft" d="M40 98l38-34 30 26 22-16 70 30v7a3 3 0 0 1-3 3H43a3 3 0 0 1-3-3z" />
      </>
    ),
  },
  tablet: {
    tone: 'sand',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="158" rx="58" ry="6" />
        <rect className="d-ink" x="72" y="22" width="96" height="132" rx="11" />
        <rect className="d-accent" x="79" y="31" width="82" height="114" rx="4" />
        <path className="d-soft" d="M79 112c18-18 30-6 44-18s24-14 38-8v55a4 4 0 0 1-4 4H83a4 4 0 0 1-4-4z" />
        <circle className="d-bright" cx="104" cy="58" r="10" />
        <path className="d-line" d="M186 38v84l5 12 5-12V38z" />
      </>
    ),
  },
  phone: {
    tone: 'plum',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="160" rx="44" ry="6" />
        <rect className="d-ink" x="86" y="20" width="68" height="136" rx="13" />
        <rect className="d-accent" x="91" y="26" width="58" height="124" rx="8" />
        <rect className="d-ink" x="110" y="31" width="20" height="5" rx="2.5" />
        <path className="d-soft" d="M91 104c14-14 24-4 34-13s16-9 24-5v56a8 8 0 0 1-8 8H99a8 8 0 0 1-8-8z" />
      </>
    ),
  },
  watch: {
    tone: 'clay',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="164" rx="36" ry="5" />
        <path className="d-edge" d="M98 22h44l6 38H92zM92 120h56l-6 40H98z" />
        <rect className="d-ink" x="78" y="46" width="84" height="88" rx="24" />
        <rect className="d-accent" x="86" y="54" width="68" height="72" rx="17" />
        <path className="d-hand" d="M120 72v20l15 10" />
        <rect className="d-ink" x="163" y="80" width="7" height="20" rx="3" />
      </>
    ),
  },
  dock: {
    tone: 'stone',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="132" rx="88" ry="8" />
        <path className="d-cable" d="M196 100c26 0 26-44 4-52" />
        <rect className="d-body" x="36" y="74" width="164" height="54" rx="13" />
        <rect className="d-edge" x="36" y="110" width="164" height="18" rx="9" />
        <rect className="d-ink" x="54" y="90" width="26" height="11" rx="2" />
        <rect className="d-ink" x="88" y="90" width="26" height="11" rx="2" />
        <rect className="d-ink" x="122" y="91" width="17" height="9" rx="4.5" />
        <rect className="d-ink" x="147" y="91" width="17" height="9" rx="4.5" />
        <circle className="d-accent" cx="182" cy="95" r="4.5" />
      </>
    ),
  },
  drive: {
    tone: 'sea',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="146" rx="64" ry="7" />
        <rect className="d-body" x="70" y="34" width="100" height="108" rx="14" />
        <rect className="d-ink" x="82" y="46" width="76" height="62" rx="7" />
        <path className="d-accent" d="M92 58h34v6H92zm0 14h52v5H92zm0 12h42v5H92z" />
        <circle className="d-accent" cx="90" cy="126" r="4" />
        <rect className="d-edge" x="132" y="122" width="26" height="8" rx="4" />
      </>
    ),
  },
  router: {
    tone: 'sky',
    shapes: (
      <>
        <ellipse className="d-shadow" cx="120" cy="148" rx="84" ry="7" />
        <path className="d-cable" d="M64 98V40M176 98V40" />
        <path className="d-wave" d="M98 62a31 31 0 0 1 44 0M108 74a17 17 0 0 1 24 0" />
        <rect className="d-body" x="40" y="96" width="160" height="46" rx="14" />
        <rect className="d-edge" x="40" y="126" width="160" height="16" rx="8" />
        <circle className="d-accent" cx="64" cy="113" r="4.5" />
        <circle className="d-accent" cx="80" cy="113" r="4.5" />
        <circle className="d-soft" cx="96" cy="113" r="4.5" />
      </>
    ),
  },
}
