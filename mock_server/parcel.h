/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parcel.h: a delivery's bytes and times in little memory, taken out part by part.
 *
 * The events of a stream are much alike: each part is kept as what differs from the one before.
 * A stream of 200 tokens has some 60 KB and takes 7 KB.
 */
#ifndef MOCK_PARCEL_H
#define MOCK_PARCEL_H

#include "mock_server/delivery.h"

struct parcel {
    char *memory; /* packed parts, then room for one whole part */
    size_t packed, at;
    size_t parts, taken;
    int64_t last_ns; /* due time of the part before the next */
    int64_t next_ns; /* of the next */
    char *last;      /* the part that was taken last, in memory */
};

/* A copy of what the delivery is to send. */
void parcel_make(struct parcel *parcel, const struct delivery *delivery);
void parcel_release(struct parcel *parcel);
/* When the next part is due after the start; false: there is none. */
bool parcel_due(const struct parcel *parcel, int64_t *at_ns);
/* Its bytes, valid until the next is taken. `scratch` is emptied. */
str parcel_take(struct parcel *parcel, struct buf *scratch);

#endif
