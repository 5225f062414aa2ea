"""Logs of trainers, line by line and event by event."""

from __future__ import annotations

import json
import struct

from framelens.training._events import _masked_crc

YOLOV7 = (
    "      0/99     7.27G   0.07323    0.1057   0.05386    0.2328       132       640    0.93   0.07   0.049   0.012  0.088 0.024 0.026\n"
    "      1/99     11.1G   0.05963  0.007964   0.01068   0.07828       135       640     0.97    0.10    0.12    0.06    nan 0.024 0.019\n"
)  # fmt: skip

YOLOX_LINE = "2023-01-13 19:{minute:02}:00.000 | INFO | yolox.core.trainer:after_iter:253 - epoch: {epoch}/3, iter: {iter}/20, mem: 1Mb, "
YOLOX_LINE += (
    "iter_time: 0.6s, data_time: 0.001s, total_loss: {loss}, iou_loss: 2.0, lr: 1e-03, size: 640, ETA: 0:24:55\n"
)
YOLOX_AP = " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = {ap}\n"
YOLOX_AP += " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = {ap50}\n"
YOLOX_AP += " Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.111\n"


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def varint(value):
    out = bytearray()
    while True:
        out.append((value & 127) | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def record(payload):
    head = struct.pack("<Q", len(payload))
    return head + struct.pack("<I", _masked_crc(head)) + payload + struct.pack("<I", _masked_crc(payload))


def event(step, time=0.0, **tags):
    values = b""
    for tag, value in tags.items():
        body = value if isinstance(value, bytes) else varint(2 << 3 | 5) + struct.pack("<f", value)
        values += field(1, field(1, tag.replace("__", "/").encode()) + body)
    return record(varint(1 << 3 | 1) + struct.pack("<d", time) + varint(2 << 3) + varint(step) + field(5, values))


VERSION = record(varint(1 << 3 | 1) + struct.pack("<d", 0.0) + field(3, b"brain.Event:2"))
