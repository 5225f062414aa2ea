/**
 * Starts the widget in a page without a kernel (offline report, static twin). Built to `static/report.js`.
 *
 * The page holds these elements; every `<script>` below except the last is inert data, so nothing in them runs.
 *
 *   <style>                                       text of static/framelens.css
 *   <div id="framelens-root"></div>               the view is drawn here (what it holds before is removed, so a
 *                                                 plain summary and <noscript> may stand in it)
 *   <script type="application/json" id="framelens-head">      JSON: Payload.head
 *   <script type="text/plain" id="framelens-data">            base64 of Payload.buffer; with the attribute
 *                                                             data-encoding="gzip" base64 of its gzip
 *   <script type="application/json" id="framelens-pictures">  optional, JSON, see below
 *   <script type="application/json" id="framelens-options">   optional, JSON: first values of traits, such as
 *                                                             {"view": "report", "normalize": "row"}
 *   <script type="text/plain" id="framelens-module">          text of static/framelens.js, as it is (it holds neither
 *                                                             "</script" nor "<!--"; a test keeps that so)
 *   <script type="module">                        text of static/report.js, last in the body
 *
 * In JSON, `<`, `>`, `&`, U+2028 and U+2029 are written as \u003c, \u003e, \u0026, \u2028, \u2029.
 *
 * Pictures: { "items": [ PICTURE ... ], "requested": 200 } with PICTURE one of
 *   {"kind": "crop", "object": 3, "detection": 17, "mime": "image/jpeg", "width": 160, "height": 120,
 *    "region": [x, y, w, h], "data": "<base64>"}          object / detection: rows of the payload, -1 for none
 *   {"kind": "frame", "frame": 5, "mime": "image/jpeg", "width": 640, "height": 480,
 *    "region": [0, 0, w, h], "data": "<base64>"}
 *   either may have "data": null and "note": "why there is none".
 * A crop that is not stored is answered with the stored picture of its frame; otherwise with a note.
 * The gallery says how many of the examples it shows have a stored picture.
 *
 * Traits and their first values: view "report" (cards, matrix, gallery, charts; also "evaluation", "cards", "matrix",
 * "charts"), selected_cells [], normalize "count", transpose false, selected_epoch null.
 *
 * Content-Security-Policy that is enough (a hash of report.js may stand for its 'unsafe-inline'):
 *   default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src blob: data:;
 *   base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'
 *
 * When drawn, #framelens-root carries data-state="ready"; when that failed, data-state="error" and the reason as text.
 */
export {};
