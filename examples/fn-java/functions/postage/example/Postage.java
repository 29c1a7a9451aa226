package example;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;

/** Prices parcels by their weight. */
public class Postage implements PojoRequestHandler<Postage.Parcel, Postage.Price> {
    /** What the event is read into. */
    public static class Parcel {
        private String id;
        private int grams;

        public void setId(String id) {
            this.id = id;
        }

        public void setGrams(int grams) {
            this.grams = grams;
        }
    }

    /** What is written as the result. */
    public static class Price {
        private final String parcel;
        private final int cents;

        Price(String parcel, int cents) {
            this.parcel = parcel;
            this.cents = cents;
        }

        public String getParcel() {
            return parcel;
        }

        public int getCents() {
            return cents;
        }
    }

    @Override
    public Price handleRequest(Parcel parcel, Context context) {
        if (parcel.grams <= 0) throw new IllegalArgumentException("parcel " + parcel.id + " weighs nothing");
        Price price = new Price(parcel.id, 180 + parcel.grams / 10);
        context.getLogger().info("parcel " + parcel.id + " costs " + price.cents + " cents");
        return price;
    }
}
