"""Tables become two Parquet files in the order of the frames, and a plan of batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.database import database_words
from framelens.data.dataset import Source
from framelens.data.join import resolve_classes, resolve_frames
from framelens.data.tables import GroundTruth, make_frames, make_objects, make_predictions
from framelens.errors import DataError, ReadLog, one_line
from framelens.scale.database import copy_to, literal
from framelens.scale.natural import natural_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    from numpy.typing import NDArray

    from framelens.data.dataset import Detections
    from framelens.data.sizes import FrameSizes
    from framelens.scale.tables import Table
    from framelens.scale.work import WorkFolder

__all__ = ["Ingest"]

_AT_ONCE = 50_000
_FRACTIONS = 1.1
_SIDES = ("x", "y", "width", "height")
_NO_BOX = "(" + " OR ".join(f"{side} IS NULL OR isinf({side})" for side in _SIDES) + ")"
_EMPTY = "(x IS NULL AND y IS NULL AND width IS NULL AND height IS NULL AND class IS NULL)"
_REASONS = (
    (_NO_BOX, "box has a number that is missing or not finite"),
    ("score IS NULL OR isinf(score)", "score is missing or not finite"),
    ("width < 0 OR height < 0", "box has a negative width or height"),
    ("class IS NULL", "class is missing"),
    ("frame IS NULL", "frame is missing"),
)
_USABLE = "NOT (" + " OR ".join(f"({condition})" for condition, _ in _REASONS) + ")"


class Ingest:
    """Puts the tables of one evaluation in order.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Kept until the end: it holds the tables of frames and classes.
    work : WorkFolder
    progress : bool
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, work: WorkFolder, *, progress: bool) -> None:
        self._db, self._work, self._progress = connection, work, progress
        self.notes = ReadLog()

    # -- tables as they are ----------------------------------------------------------------------

    def stage(self, table: Table, name: str) -> None:
        """Make a view of a table; texts are parsed once, into a Parquet file."""
        if table.kind == "parquet":
            source = f"({table.query})"
        else:
            staged = f"{name}-read.parquet"
            if not self._work.has(staged):
                with self._work.write(staged) as path:
                    copy_to(self._db, table.query, path, file=table.name, what="reading", progress=self._progress)
            source = f"read_parquet({literal(self._work / staged)})"
        self._db.execute(f"CREATE VIEW {name} AS SELECT * FROM {source}")  # noqa: S608
        query = f"SELECT min(record), arg_min(fault, record) FROM {name} WHERE fault IS NOT NULL"  # noqa: S608
        fault = self._one(query, table)
        if fault[0] is not None:
            where = f"line {fault[0] + 2}, column {fault[1]}"
            raise DataError("a text that is not a number", file=table.name, where=where)

    def _one(self, query: str, table: Table) -> Any:
        import duckdb

        try:
            return self._db.execute(query).fetchone()
        except duckdb.Error as error:
            raise DataError(f"not a readable table: {database_words(error)}", file=table.name) from None

    def _value(self, query: str) -> Any:
        row = self._db.execute(query).fetchone()
        return None if row is None else row[0]

    def _unit(self, name: str, file: str) -> str:
        """Decide whether boxes are pixels or fractions, as the readers do."""
        far = "greatest(abs(x), abs(y), abs(x + width), abs(y + height))"
        whole = " AND ".join(f"({side}) = floor({side})" for side in ("x", "y", "x + width", "y + height"))
        query = f"SELECT max({far}), bool_and({whole}) FROM {name} WHERE NOT {_NO_BOX}"  # noqa: S608
        farthest, all_whole = self._db.execute(query).fetchone()  # type: ignore[misc]
        if farthest is None or farthest > _FRACTIONS or all_whole:
            return "pixel"
        self.notes.warn(f"{file}: boxes are read as fractions of the frame (no number is above {farthest:.3g})")
        return "relative"

    # -- ground truth ---------------------------------------------------------------------------

    def truth_of_table(self, table: Table, sizes: FrameSizes | None) -> GroundTruth:
        """Put ground truth in order; return it without frames and objects."""
        self.stage(table, "truth")
        bad = f"NOT {_EMPTY} AND ({_NO_BOX} OR width < 0 OR height < 0 OR class IS NULL)"
        for condition, problem in (
            ("frame IS NULL", "the frame is missing"),
            (bad, "a box that cannot be used: expected a class, finite numbers and sides of 0 or more"),
        ):
            record = self._one(f"SELECT min(record) FROM truth WHERE {condition}", table)[0]  # noqa: S608
            if record is not None:
                raise DataError(problem, file=table.name, where=f"row {record}")
        unit = self._unit("truth", table.name)
        self._frames_of_table(table, sizes)
        found = self._db.execute(f"SELECT DISTINCT class FROM truth WHERE NOT {_EMPTY}").fetchall()  # noqa: S608
        classes = sorted((row[0] for row in found), key=lambda key: (isinstance(key, str), key))
        unknown = self._value("SELECT count(*) FROM frames WHERE width IS NULL OR height IS NULL")
        scale = unit == "relative" and not unknown
        self._place_classes("truth_classes", classes, np.arange(len(classes)))
        self._objects(table, scale=scale)
        return GroundTruth(
            make_frames([]), tuple(map(str, classes)), tuple(classes), make_objects([], [], np.empty((0, 4))),
            Source(table.kind, table.name), box_unit="pixel" if scale else unit,  # type: ignore[arg-type]
            classes_listed=False,
        )  # fmt: skip

    def _frames_of_table(self, table: Table, sizes: FrameSizes | None) -> None:
        """Give the frames numbers in natural order."""
        wide = [f"max({side})" if side in table.columns else "NULL::DOUBLE" for side in ("frame_width", "frame_height")]
        self._db.execute(
            f"CREATE TABLE named AS SELECT frame AS key, {wide[0]} AS width, {wide[1]} AS height "  # noqa: S608
            "FROM truth GROUP BY frame"
        )
        if sizes is not None:
            self._fill_sizes(table, sizes)
        if table.frame_type == "BIGINT":
            order = "key < 0, abs(key)"
        else:
            order = "sort_key, key"
            self._db.execute("CREATE TABLE keys(key VARCHAR, sort_key VARCHAR)")
            for names in self._fetched("SELECT key FROM named"):
                self._insert("keys", {"key": names, "sort_key": _objects([natural_key(name) for name in names])})
            self._db.execute("CREATE OR REPLACE TABLE named AS SELECT * FROM named JOIN keys USING (key)")
        positive = "CASE WHEN {0} > 0 THEN {0} END AS {0}"
        self._db.execute(
            "CREATE TABLE frames AS SELECT key, key::VARCHAR AS name, "  # noqa: S608
            f"row_number() OVER (ORDER BY {order}) - 1 AS place, "
            f"{positive.format('width')}, {positive.format('height')} FROM named"
        )

    def _fill_sizes(self, table: Table, sizes: FrameSizes) -> None:
        """Take the sizes of frames from the caller's pictures, and pictures that no row names as empty frames."""
        keys = [
            row[0] for row in self._db.execute("SELECT key FROM named WHERE width IS NULL OR height IS NULL").fetchall()
        ]
        found = np.array([sizes.size_meant(str(key)) for key in keys], dtype=np.float64).reshape(-1, 2)
        column = np.array(keys, dtype=np.int64) if table.frame_type == "BIGINT" else _objects(keys)
        self._db.register("sizes_given", {"key": column, "width": found[:, 0], "height": found[:, 1]})
        self._db.execute(
            "UPDATE named SET width = s.width, height = s.height FROM sizes_given s "
            "WHERE named.key = s.key AND NOT isnan(s.width) AND NOT isnan(s.height)"
        )
        self._db.unregister("sizes_given")
        if table.frame_type == "BIGINT" or not sizes.names:
            return
        named = {sizes.match(str(row[0])) for row in self._db.execute("SELECT key FROM named").fetchall()}
        empty = [name for name in sizes.names if name not in named]
        if empty:
            self.notes.warn(f"{table.name}: {len(empty)} pictures have no row and count as holding no object")
            found = np.array([sizes.size(name) for name in empty], dtype=np.float64)
            self._insert("named", {"key": _objects(empty), "width": found[:, 0], "height": found[:, 1]})

    def _objects(self, table: Table, *, scale: bool) -> None:
        if self._work.has("truth.parquet"):
            return
        sides = _sides("t", "f", scale=scale)
        flags = [f"coalesce(t.{name} > 0, false)" if name in table.columns else "false" for name in ("crowd", "ignore")]
        query = (
            f"SELECT f.place::INTEGER AS frame, c.place::INTEGER AS category, {sides}, NULL::DOUBLE AS area, "  # noqa: S608
            f"{flags[0]} AS crowd, {flags[1]} AS ignore, t.record "
            f"FROM (SELECT * FROM truth WHERE NOT {_EMPTY}) t "
            "JOIN frames f ON t.frame = f.key JOIN truth_classes c ON t.class = c.key ORDER BY 1, t.record"
        )
        with self._work.write("truth.parquet") as path:
            copy_to(self._db, query, path, file=table.name, what="ordering objects", progress=self._progress)

    def truth_in_memory(self, truth: GroundTruth) -> None:
        """Write ground truth that an ordinary reader has read."""
        ids, frames, objects = truth.frames.ids, truth.frames, truth.objects
        integers = all(isinstance(key, int) for key in ids)
        keys = np.array(ids, dtype=np.int64) if integers else _objects([str(key) for key in ids])
        kind = "BIGINT" if integers else "VARCHAR"
        self._db.execute(f"CREATE TABLE frames(key {kind}, name VARCHAR, place BIGINT, width DOUBLE, height DOUBLE)")
        columns: dict[str, NDArray[Any]] = {"key": keys, "name": _objects(list(frames.names))}
        columns |= {"place": np.arange(len(ids)), "width": frames.width, "height": frames.height}
        self._insert("frames", columns)
        for side in ("width", "height"):
            self._db.execute(f"UPDATE frames SET {side} = NULL WHERE isnan({side})")  # noqa: S608 - a fixed name
        names = ("frame", "category", "area", "crowd", "ignore", "record")
        self._write_boxes("truth.parquet", {name: getattr(objects, name) for name in names}, objects.box)

    def write_frames(self) -> int:
        """Write the table of frames and return how many there are."""
        if not self._work.has("frames.parquet"):
            with self._work.write("frames.parquet") as path:
                query = "SELECT * FROM frames ORDER BY place"
                copy_to(self._db, query, path, file="frames", what="", progress=False)
        return int(self._value("SELECT count(*) FROM frames"))

    def detections_in_memory(self, detections: Detections) -> None:
        """Write detections that an ordinary reader has read."""
        columns = {name: getattr(detections, name) for name in ("frame", "category", "score", "record")}
        self._write_boxes("detections.parquet", columns, detections.box)

    def _write_boxes(self, name: str, columns: dict[str, NDArray[Any]], box: NDArray[np.float64]) -> None:
        if self._work.has(name):
            return
        columns |= {side: np.ascontiguousarray(box[:, i]) for i, side in enumerate(_SIDES)}
        self._db.register("rows_given", columns)
        with self._work.write(name) as path:
            copy_to(self._db, "SELECT * FROM rows_given", path, file=name, what="", progress=False)
        self._db.unregister("rows_given")

    # -- predictions ----------------------------------------------------------------------------

    def predictions(self, table: Table, truth: GroundTruth) -> GroundTruth:
        """Put detections in order; return the truth with the classes that are only predicted."""
        if "score" not in table.columns:
            raise DataError("no column for score", file=table.name, remedy="add a column called score")
        self.stage(table, "predicted")
        unit = self._unit("predicted", table.name)
        truth = self._match_classes(table, truth)
        self._match_frames(table, truth)
        self._count_skips(table)
        scale = unit == "relative" and truth.box_unit == "pixel"
        if unit != truth.box_unit:
            unknown = self._value(
                "SELECT count(*) FROM frame_map WHERE place >= 0 AND (width IS NULL OR height IS NULL)"
            )
            if not scale or unknown:
                problem = "one file has pixels, the other fractions, and the size of a frame is unknown"
                raise DataError(
                    problem, file=table.name, remedy="give the pictures: frames=folder, or frames=(width, height)"
                )
        sides = _sides("p", "f", scale=scale)
        query = (
            f"SELECT f.place::INTEGER AS frame, c.place::INTEGER AS category, {sides}, p.score, p.record "  # noqa: S608
            f"FROM (SELECT * FROM predicted WHERE {_USABLE}) p JOIN frame_map f ON p.frame = f.key "
            "JOIN class_map c ON p.class = c.key WHERE f.place >= 0 AND c.place >= 0 ORDER BY 1, p.record"
        )
        if not self._work.has("detections.parquet"):
            with self._work.write("detections.parquet") as path:
                copy_to(self._db, query, path, file=table.name, what="ordering detections", progress=self._progress)
        return truth

    def _match_classes(self, table: Table, truth: GroundTruth) -> GroundTruth:
        keys = [
            row[0]
            for row in self._db.execute("SELECT DISTINCT class FROM predicted WHERE class IS NOT NULL").fetchall()
        ]
        keys.sort(key=str)
        numbered = table.class_type == "BIGINT"
        column = np.array(keys, dtype=np.int64) if numbered else _objects(keys)
        zeros = np.zeros(len(keys))
        listed = table.kind == "json" and numbered and truth.class_ids == tuple(range(len(truth.class_ids)))
        if listed and truth.source.format != "coco" and keys and 0 not in keys and max(keys) < len(truth.class_ids):
            problem = "category_id may count classes from 0 or from 1, and no number tells which"
            raise DataError(problem, file=table.name, remedy="name the classes")
        few = make_predictions(
            np.zeros(len(keys), dtype=np.int64), column, np.zeros((len(keys), 4)), zeros,
            Source("coco-results" if table.kind == "json" else table.kind, table.name),
            category_key="id" if numbered else "name",
        )  # fmt: skip
        truth, place = resolve_classes(truth, few, self.notes)
        self._place_classes("class_map", keys, place)
        if keys and not (place >= 0).any():
            classes = ", ".join(one_line(name, 20) for name in truth.classes[:5])
            problem = f"no detection names a class of the ground truth (one names {one_line(keys[0], 60)!r})"
            raise DataError(problem, file=table.name, remedy=f"the classes of the ground truth are {classes}")
        return truth

    def _match_frames(self, table: Table, truth: GroundTruth) -> None:
        """Find the frame of each key: by SQL where keys are ids, else as :mod:`framelens.data.join` does."""
        kind = self._db.execute("SELECT typeof(key) FROM frames LIMIT 1").fetchone()
        same = kind is not None and kind[0] == table.frame_type
        joined = "LEFT JOIN frames f ON f.key = p.key" if same else "LEFT JOIN frames f ON false"
        self._db.execute(
            "CREATE TABLE frame_map AS SELECT p.key, f.place, f.width, f.height FROM "  # noqa: S608
            f"(SELECT DISTINCT frame AS key FROM predicted WHERE frame IS NOT NULL) p {joined}"
        )
        lost = [row[0] for row in self._db.execute("SELECT key FROM frame_map WHERE place IS NULL").fetchall()]
        if not lost:
            return
        column = np.array(lost, dtype=np.int64) if table.frame_type == "BIGINT" else _objects(lost)
        place = resolve_frames(self._with_frames(truth), column, table.name, self.notes)
        self._db.register("resolved", {"key": column, "place": place})
        self._db.execute("UPDATE frame_map SET place = r.place FROM resolved r WHERE frame_map.key = r.key")
        self._db.unregister("resolved")
        self._db.execute(
            "UPDATE frame_map SET width = f.width, height = f.height FROM frames f WHERE frame_map.place = f.place"
        )
        if not (place >= 0).any() and not self._value("SELECT count(*) FROM frame_map WHERE place >= 0"):
            problem = f"no detection names a frame of the ground truth (one names {one_line(lost[0], 60)!r})"
            raise DataError(problem, file=table.name, remedy="check that both files are of the same pictures")

    def _with_frames(self, truth: GroundTruth) -> GroundTruth:
        from dataclasses import replace

        if len(truth.frames):
            return truth
        keys = [row[0] for row in self._db.execute("SELECT key FROM frames ORDER BY place").fetchall()]
        return replace(truth, frames=make_frames([str(key) for key in keys], keys))

    def _count_skips(self, table: Table) -> None:
        """Count what is left out and why."""
        cases = " ".join(f"WHEN {condition} THEN {number}" for number, (condition, _) in enumerate(_REASONS))
        more = {
            "f.place = -1": "frame is not in the ground truth",
            "f.place = -2": "frame name fits more than one frame of the ground truth",
            "c.place = -1": "class is not in the ground truth",
            "c.place = -2": "class name fits more than one class",
        }
        cases += " " + " ".join(f"WHEN {c} THEN {number}" for number, c in enumerate(more, len(_REASONS)))
        rows = self._db.execute(
            f"SELECT CASE {cases} END AS reason, count(*), min(record), arg_min(p.frame, record) "  # noqa: S608
            "FROM predicted p LEFT JOIN (SELECT key, place FROM frame_map) f ON p.frame = f.key "
            "LEFT JOIN class_map c ON p.class = c.key "
            f"WHERE NOT ({_EMPTY} AND score IS NULL) GROUP BY 1 HAVING reason IS NOT NULL ORDER BY 1"
        ).fetchall()
        texts = [text for _, text in _REASONS] + list(more.values())
        for reason, count, record, frame in rows:
            self.notes.skip(table.name, f"row {record} ({one_line(frame, 60)})", texts[reason], count)

    # -- small helpers --------------------------------------------------------------------------

    def _place_classes(self, name: str, keys: list[Any], place: NDArray[np.int64]) -> None:
        integers = all(isinstance(key, int) for key in keys) and bool(keys)
        self._db.execute(f"CREATE TABLE {name}(key {'BIGINT' if integers else 'VARCHAR'}, place BIGINT)")
        column = np.array(keys, dtype=np.int64) if integers else _objects([str(key) for key in keys])
        self._insert(name, {"key": column, "place": np.asarray(place, dtype=np.int64)})

    def _insert(self, name: str, columns: dict[str, NDArray[Any]]) -> None:
        if len(next(iter(columns.values()))):
            self._db.register("rows_given", columns)
            self._db.execute(f"INSERT INTO {name}({', '.join(columns)}) SELECT * FROM rows_given")  # noqa: S608
            self._db.unregister("rows_given")

    def _fetched(self, query: str) -> Iterator[NDArray[Any]]:
        with self._db.cursor() as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(_AT_ONCE):
                yield _objects([row[0] for row in rows])


def _sides(table: str, frames: str, *, scale: bool) -> str:
    """Return the four sides, in pixels where ``scale``."""
    by = {"x": "width", "y": "height", "width": "width", "height": "height"}
    return ", ".join(
        f"{table}.{side} * {frames}.{size} AS {side}" if scale else f"{table}.{side}" for side, size in by.items()
    )


def _objects(values: list[Any]) -> NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
